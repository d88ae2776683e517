"""A strict SageMaker that really trains and tunes: the API of training jobs and tuning jobs in front,
`traindrop.container` behind; a model registry.

It knows nothing of the local AWS around it but an S3 and CloudWatch Logs endpoint, and the
`Surroundings` that it is given.
"""
