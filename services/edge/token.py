"""The token by which Auth and Quota know the edge."""

from services.principal import Principal, Role
from services.tokens import TokenSigner

# Envoy sends the token as long as it runs, and can't sign one.
LIFETIME_SECONDS = 10 * 365 * 24 * 3600


def sign_edge_token(signer: TokenSigner) -> str:
    """A token that may ask for checks and limits, and nothing else."""
    return signer.sign(Principal(role=Role.ROLE_EDGE), LIFETIME_SECONDS)
