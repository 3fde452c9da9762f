#!/bin/sh
# `restic.sh init|put|get RESTIC BUCKET KEY TEXT`: a repository in the folder KEY.
set -e
run() { "$restic" --quiet --no-cache --cacert "$certificate" -r "s3:$AWS_ENDPOINT_URL/$bucket/$key" "$@"; }
operation=$1 restic=$2 bucket=$3 key=$4 text=$5 certificate=$AWS_CA_BUNDLE
export RESTIC_PASSWORD=example
case $operation in
init) run init ;;
put) echo "$text" | run backup --stdin --stdin-filename text ;;
get) run dump latest text ;;
esac
