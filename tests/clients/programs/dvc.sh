#!/bin/sh
# `dvc.sh put|get BUCKET KEY TEXT`: a DVC project of its own, whose remote is the folder KEY.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
dvc init -q --no-scm
dvc remote add -q -d there "s3://$2/$3"
dvc remote modify there profile "$AWS_PROFILE"
dvc remote modify there endpointurl "$AWS_ENDPOINT_URL"
dvc remote modify there ssl_verify "$AWS_CA_BUNDLE"
echo "$4" > data
dvc add -q data
case $1 in
put) dvc push ;;
get) rm -rf data .dvc/cache && dvc pull >&2 && cat data ;;
esac
