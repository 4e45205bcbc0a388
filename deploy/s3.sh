#!/bin/sh
# SeaweedFS with the keys of the deployment; they reach it as files.
set -eu
umask 077
printf '{"identities":[{"name":"anjuan","credentials":[{"accessKey":"%s","secretKey":"%s"}],"actions":["Admin","Read","Write","List","Tagging"]}]}' \
    "$(cat /run/secrets/s3_key)" "$(cat /run/secrets/s3_secret)" > /tmp/s3.json
exec weed server -dir=/data -ip=s3 -ip.bind=0.0.0.0 -s3 -s3.port=8333 -s3.config=/tmp/s3.json \
    -s3.port.iceberg=0 -s3.port.lance=0 -master.telemetry=false -master.volumeSizeLimitMB=4096 \
    -volume.max=0 -volume.minFreeSpace=10GiB
