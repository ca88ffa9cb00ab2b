"""Pages of the installation, for operators."""

from services.web.dashboard.pages.installation import accounts as accounts
from services.web.dashboard.pages.installation import people as people
from services.web.dashboard.pages.installation import plans as plans
