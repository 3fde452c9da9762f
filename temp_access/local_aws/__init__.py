"""The embedded AWS for development and tests: ministack on one loopback port, behind a layer of AWS rules.

It doesn't simulate MFA (`aws:MultiFactorAuthPresent` is false for temporary credentials and absent otherwise),
eventual consistency (every change takes effect at once), throttling, Organizations, Access Analyzer or public buckets
(anonymous requests are always denied). PackedPolicySize is an estimate. Sessions end with the server. Principals of
other accounts count as existing. Of the rules in `rules.iam`, roles and users that a stack creates obey only the one
on the principals of a trust policy, and the CloudFormation execution role limits no stack. A denial's message names the
identity-based policy even where the session policy or the permissions boundary decided.
"""
