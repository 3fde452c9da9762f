"""The embedded AWS for development and tests: ministack on one loopback port, behind a layer of AWS rules.

It doesn't simulate MFA (`aws:MultiFactorAuthPresent` is false for temporary credentials and absent otherwise),
eventual consistency (every change takes effect at once), throttling, Organizations, Access Analyzer or public buckets
(anonymous requests are always denied). PackedPolicySize is an estimate. Sessions end with the server. Roles and users
that a stack creates aren't checked by `rules.iam`, nor limited by the CloudFormation execution role. A denial's message
names the identity-based policy even where the session policy or the permissions boundary decided.
"""
