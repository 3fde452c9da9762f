"""The embedded AWS for development and tests: ministack on one loopback port, behind a layer of AWS rules.

What it can't show: MFA (`aws:MultiFactorAuthPresent` is false for temporary credentials and absent otherwise),
eventual consistency (everything holds at once), throttling, Organizations, Access Analyzer and public buckets
(anonymous requests are always denied). PackedPolicySize is an estimate. Sessions end with the server. Stacks make
roles and users past the checks of `strict.roles`, and past the CloudFormation execution role. A denial's message
names the identity-based policy also where the session policy or the boundary decided.
"""
