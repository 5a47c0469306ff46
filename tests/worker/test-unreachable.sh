#!/bin/sh
# Endpoints and proxies that cannot be reached or cannot be trusted, and settings that name none.
# Usage: sh test-unreachable.sh PREFIX ISSUER BUILD
set -u
# shellcheck source=tests/worker/lib.sh
. "$(dirname "$0")/lib.sh"

main=$url
start_server --cert wronghost && wronghost=$url
start_server --cert expired && expired=$url
start_server --cert untrusted && untrusted=$url
start_server --http && http=$url
url=$main
export wronghost expired untrusted http

# Connections that fail are tried four times; less time makes the waits between them shorter.
jq '.timeout_ms = 2000' "$dir/job" >"$dir/job.less" && mv "$dir/job.less" "$dir/job"

# What others can write decides which server gets the key.
install -m 620 "$dir/i/ca.pem" "$dir/open.pem"
: >"$dir/none.pem"
rows <<'ROWS'
refused|69|localhost: cannot be reached|0|.token_url = "https://localhost:1/"
unknown-host|69|cannot be found|0|.token_url = "https://no-such-host.invalid/"
proxy-refused|69|localhost: the proxy 127.0.0.1:1 cannot be reached: check proxy|0|.proxy = "http://127.0.0.1:1"
proxy-of-a-variable|69|the proxy 127.0.0.1:1 cannot be reached: check https_proxy|0|.proxy = "127.0.0.1:1" | .proxy_variable = "https_proxy"
proxy-unknown|69|the proxy no-such-proxy.invalid:3128 cannot be found|0|.proxy = "http://no-such-proxy.invalid:3128"
proxy-refuses|69|refused to connect (HTTP 4|1|.proxy = $ENV.http
proxy-untrusted|69|cannot be trusted: its TLS certificate could not be verified: check proxy|0|.proxy = $url
proxy-does-not-speak-tls|69|does not speak TLS|0|.proxy = ($ENV.http | sub("http:"; "https:"))
proxy-not-for-this-host|69|localhost: TLS: the server's certificate could not be verified|0|.proxy = $url | .no_proxy = "localhost" | .token_url = $ENV.untrusted + $path
no-proxy-and-refused|69|localhost: cannot be reached|0|.proxy = "http://127.0.0.1:2" | .no_proxy = "localhost" | .token_url = "https://localhost:1/"
no-proxy-for-another|69|the proxy 127.0.0.1:1 cannot be reached|0|.proxy = "http://127.0.0.1:1" | .no_proxy = "example.com"
wrong-ca|69|TLS|0|.ca_file = $dir + "/i/other-ca.pem"
system-ca|69|TLS|0|del(.ca_file)
wrong-certificate|69|TLS|0|.token_url = $ENV.untrusted + $path
wrong-host-name|69|TLS|0|.token_url = $ENV.wronghost + $path
expired-certificate|69|expired|0|.token_url = $ENV.expired + $path
wrong-pin|69|pinned|0|.pinned_public_key = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
pin-is-no-pin|78|sha256//|0|.pinned_public_key = $dir + "/i/server.pin"
ca-file-missing|78|ca_file: |0|.ca_file = $dir + "/missing.pem"
ca-file-empty|78|ca_file: /dev/null is not a regular file|0|.ca_file = "/dev/null"
ca-file-of-nothing|78|is empty|0|.ca_file = $dir + "/none.pem"
ca-file-junk|78|ca_file cannot be used|0|.ca_file = $dir + "/key-lines"
ca-file-open|78|writable by group or others (mode 0620): chmod go-w|0|.ca_file = $dir + "/open.pem"
http-not-allowed|78|plain http|0|.token_url = $ENV.http + $path
http-not-loopback|78|plain http|0|.allow_http = true | .token_url = "http://192.0.2.1/"
https-spoken-to-http|69|TLS|0|.token_url = ($ENV.http | sub("http:"; "https:")) + $path
ftp|78|not https|0|.token_url = "ftp://localhost/"
file-url|78|token_url|0|.token_url = "file:///etc/passwd"
no-url|78|token_url|0|.token_url = "://"
user-in-url|78|has a user name in it|0|.token_url = "https://me:secret@localhost/"
ROWS
# The password of a proxy is not shown, also where libcurl takes a part of it for the host.
for proxy in 'http://alice:s3cret@127.0.0.1:1' 'http://alice:s3@cret@127.0.0.1:1' \
    'http://alice:s3#cret@127.0.0.1:1' 'http://alice:s3cret@no-such-proxy.invalid:1'; do
    row "proxy $proxy" ".proxy = \"$proxy\"" 69 'check proxy' 0
    check "proxy $proxy: no password" sh -c '! printf %s "$1" | grep -q -e s3 -e cret' sh "$answer"
done

finish
