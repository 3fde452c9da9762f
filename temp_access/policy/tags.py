"""The role's tags, by which its users find the bucket and tell whether their file is the deployed one."""

BUCKET_TAG = "temp-access:bucket"
CONFIG_TAG = "temp-access:config"
