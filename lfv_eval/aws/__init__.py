"""Everything that talks to AWS: sessions and clients, the S3 read loop, and the translation of errors.

Only the modules of this folder (and ``lfv_eval.testing``) import boto3 and botocore. They are imported one by one
where they are used, so that an audit of local files never pays for boto3; ``names`` needs neither.
"""
