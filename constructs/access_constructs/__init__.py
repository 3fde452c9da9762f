"""CDK constructs for temporary access to the folders of a bucket, and the lint rules as a validation plugin.

They know nothing about access.toml: any CDK stack can use them. Importing them needs the extra `cdk`.
"""

from temp_access.errors import require_extra

require_extra("cdk")

from access_constructs.access_checks import AccessChecks
from access_constructs.acknowledgments import acknowledge
from access_constructs.folder_bucket import FolderBucket
from access_constructs.grant_role import GrantRole
from access_constructs.temp_role import TempRole
from access_constructs.temp_user import TempUser

__all__ = ["AccessChecks", "FolderBucket", "GrantRole", "TempRole", "TempUser", "acknowledge"]
