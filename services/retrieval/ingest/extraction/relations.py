"""Parts of Office files by the roles that they play for each other."""

from posixpath import join, normpath
from zipfile import ZipFile

from services.retrieval.ingest.extraction.package import read_xml


def targets(archive: ZipFile, part: str, role: str) -> dict[str, str]:
    """The parts that play a role for `part`, by the ids of their relationships.

    None is outside of the file.
    """
    folder, _, name = part.rpartition("/")
    relations = join(folder, "_rels", f"{name}.rels")
    if relations not in archive.namelist():
        return {}
    return {
        one.get("Id", ""): normpath(join("/", folder, one.get("Target", ""))).lstrip("/")
        for one in read_xml(archive, relations).iterfind("{*}Relationship")
        if one.get("Type", "").endswith(f"/{role}") and one.get("TargetMode") != "External"
    }
