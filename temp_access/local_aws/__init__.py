"""The embedded AWS for development and tests: ministack on one loopback port, behind a layer of AWS rules.

It doesn't simulate MFA (`aws:MultiFactorAuthPresent` is false for temporary credentials and absent otherwise),
eventual consistency (every change takes effect at once), throttling, Organizations, Access Analyzer or public buckets
(anonymous requests are always denied). PackedPolicySize is an estimate. Sessions end with the server. Principals of
other accounts count as existing. Of the rules in `rules.iam`, roles and users that a stack creates obey only those on
trust policies, names and boundaries, and the CloudFormation execution role limits no stack. Web identity tokens are
signed with RS256 and come from a registered provider. A denial's message names the
identity-based policy even where the session policy or the permissions boundary decided.
"""
