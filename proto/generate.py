"""Generates gen/ from proto/: Python stubs, their types, and the descriptor set that Envoy's transcoder reads.

python proto/generate.py [--into DIR]     DIR defaults to gen/
"""

import argparse
import shutil
import sys
import sysconfig
from pathlib import Path

from grpc_tools import protoc

PROTO_ROOT = Path(__file__).resolve().parent
GEN_ROOT = PROTO_ROOT.parent / "gen"
# googleapis-common-protos carries google/api and google/rpc; grpcio-tools carries google/protobuf.
INCLUDES = (PROTO_ROOT, Path(sysconfig.get_path("purelib")), Path(protoc.__file__).parent / "_proto")


def proto_files() -> list[str]:
    """All of our .proto files, relative to the proto root, sorted so that the output is the same everywhere."""
    return sorted(str(path.relative_to(PROTO_ROOT)) for path in (PROTO_ROOT / "chatmount").rglob("*.proto"))


def run_protoc(*options: str) -> None:
    """Runs protoc over all of our files; exits with its status when it fails."""
    status = protoc.main(["protoc", *(f"-I{path}" for path in INCLUDES), *options, *proto_files()])
    if status != 0:
        sys.exit(status)


def generate(into: Path) -> None:
    """Writes everything generated to `into`, replacing what it holds of it."""
    shutil.rmtree(into / "chatmount", ignore_errors=True)
    into.mkdir(parents=True, exist_ok=True)
    run_protoc(
        f"--python_out={into}",
        f"--grpc_python_out={into}",
        f"--mypy_out=quiet:{into}",
        f"--mypy_grpc_out=quiet:{into}",
    )
    run_protoc(f"--descriptor_set_out={into / 'descriptor_set.pb'}", "--include_imports")


def lint_image(into: Path) -> None:
    """Writes an image with comments, the form in which `buf lint` reads protos without fetching dependencies."""
    run_protoc(f"--descriptor_set_out={into}", "--include_imports", "--include_source_info")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=GEN_ROOT)
    parser.add_argument("--lint-image", type=Path, help="write the image for `buf lint` instead")
    arguments = parser.parse_args()
    if arguments.lint_image:
        lint_image(arguments.lint_image)
    else:
        generate(arguments.into)
