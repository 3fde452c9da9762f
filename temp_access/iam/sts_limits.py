"""The limits that STS and IAM set on sessions: durations in seconds, names in characters.

Sources: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html,
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html,
https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
"""

# DurationSeconds of AssumeRole.
MIN_DURATION = 900
MAX_DURATION = 43_200
DEFAULT_DURATION = 3_600
# DurationSeconds of AssumeRole when the caller's credentials are themselves a role session, or from GetSessionToken.
MAX_CHAINED_DURATION = 3_600
# DurationSeconds of GetSessionToken and GetFederationToken.
MAX_SESSION_TOKEN_DURATION = 129_600
# MaxSessionDuration of a role.
MIN_ROLE_MAXIMUM = 3_600
MAX_ROLE_MAXIMUM = 43_200
DEFAULT_ROLE_MAXIMUM = 3_600

# RoleSessionName and SourceIdentity; a source identity may not begin with `aws:`.
SESSION_NAME_PATTERN = r"[\w+=,.@-]{2,64}"
MAX_SESSION_NAME = 64
# ExternalId.
EXTERNAL_ID_PATTERN = r"[\w+=,.@:/-]{2,1224}"
