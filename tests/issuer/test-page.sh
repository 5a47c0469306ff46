#!/bin/sh
# Checks the API Key page with curl, as a browser without script uses it.
# usage: test-page.sh ISSUER
set -eu

issuer=$1
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || :; rm -rf "$dir"' EXIT

fail() {
    echo "FAIL: $*" >&2
    [ ! -s "$dir/answer" ] || head -c 2000 "$dir/answer" >&2
    exit 1
}

# request PATH [curl options]: prints the status; the answer is in $dir/answer, its headers in $dir/headers.
request() {
    path=$1
    shift
    curl -sS --max-time 20 -o "$dir/answer" -D "$dir/headers" -w '%{http_code}' "$@" "$page$path"
}

# expect STATUS WHAT PATH [curl options]
expect() {
    wanted=$1
    what=$2
    shift 2
    got=$(request "$@") || fail "$what: curl failed"
    [ "$got" = "$wanted" ] || fail "$what: status $got instead of $wanted"
}

shows() {
    grep -qF -- "$1" "$dir/answer" || fail "$what: it does not say: $1"
}

keys() {
    find "$dir/i/keys" -name '*.json' | wc -l
}

# new_key: the id that a 303 to a new key names.
new_key() {
    sed -n 's|^Location: /keys/\([0-9a-f-]*\)/new.*|\1|p' "$dir/headers" | tr -d '\r'
}

"$issuer" init "$dir/i"
mkfifo "$dir/ready"
"$issuer" serve "$dir/i" --page >"$dir/ready" &
pid=$!
{ read -r _ url && read -r word page; } <"$dir/ready"
[ "$word" = page ] || fail "no page line"
page=${page%/}
port=${page##*:}
case $page in http://127.0.0.1:*) ;; *) fail "the page is at $page" ;; esac

expect 200 "the page" /
shows 'There are no keys yet'
csrf=$(sed -n 's/.*name="csrf" value="\([0-9a-f]*\)".*/\1/p' "$dir/answer" | head -n 1)
[ "${#csrf}" = 32 ] || fail "no CSRF token in the forms"
policy=$(sed -n 's/^Content-Security-Policy: //p' "$dir/headers" | tr -d '\r')
case $policy in "default-src 'none';"*"frame-ancestors 'none'; base-uri 'none'") ;; *) fail "the policy is $policy" ;; esac
! printf '%s' "$policy" | grep -q -e unsafe -e http -e '\*' || fail "the policy allows too much: $policy"
grep -qi '^Cache-Control: no-store' "$dir/headers" || fail "the page may be stored"
! grep -E -q '(src|href|action)="(https?:)?//|style=| on[a-z]+=' "$dir/answer" ||
    fail "the page has an external resource, or script or style in its markup"
for file in page.css page.js icon.svg; do
    expect 200 "$file" /$file
    ! grep -qE '@import|url\(|https?://[^w]' "$dir/answer" || fail "$file names an external resource"
done

# ---- another Host, another origin, no secret: refused, and nothing is created
year=$(($(date -u +%Y) + 1))
form="name=laptop&expiry=$year-01-31&rotation=90d"
for host in evil.example "evil.example:$port" "127.0.0.1" "127.0.0.1:1" "127.0.0.1.evil.example:$port" ""; do
    expect 421 "Host '$host'" / -H "Host: $host"
    ! grep -q csrf "$dir/answer" || fail "Host '$host': the secret was shown"
    expect 421 "POST with Host '$host'" /keys -d "csrf=$csrf&$form" -H "Host: $host"
done
expect 200 "localhost" / -H "Host: localhost:$port"
expect 403 "no CSRF token" /keys -d "$form"
shows 'Nothing was changed'
expect 403 "an empty CSRF token" /keys -d "csrf=&$form"
expect 403 "a forged CSRF token" /keys -d "csrf=$(printf '%032d' 0)&$form"
expect 403 "a cut CSRF token" /keys -d "csrf=${csrf%?}&$form"
expect 403 "another origin" /keys -d "csrf=$csrf&$form" -H 'Origin: http://evil.example'
expect 403 "no origin that could be named" /keys -d "csrf=$csrf&$form" -H 'Origin: null'
expect 400 "JSON" /keys -H 'Content-Type: application/json' -d '{}'
expect 400 "a field twice" /keys -d "csrf=$csrf&csrf=$csrf&$form"
expect 400 "a wrong escape" /keys -d "csrf=$csrf&name=%4&expiry=$year-01-31&rotation=90d"
expect 400 "a NUL" /keys -d "csrf=$csrf&name=a%00b&expiry=$year-01-31&rotation=90d"
expect 400 "not UTF-8" /keys -d "csrf=$csrf&name=%ff&expiry=$year-01-31&rotation=90d"
expect 400 "too many fields" /keys -d "csrf=$csrf&$form$(seq -s '' -f '&f%.0f=' 20)"
head -c 70000 /dev/zero | tr '\0' a >"$dir/large"
expect 413 "a large form" /keys --data-binary "@$dir/large"
expect 404 "another path" /admin
expect 404 "a path upwards" /keys/../ca.pem --path-as-is
expect 404 "a POST to no form" / -d "csrf=$csrf"
expect 405 "another method" /keys -X DELETE

# ---- fields that are wrong: said beside the field, which keeps what was entered
while IFS='|' read -r name expiry rotation message; do
    what="name '$name', expiry '$expiry', rotation '$rotation'"
    expect 400 "$what" /keys --data-urlencode "csrf=$csrf" --data-urlencode "name=$name" \
        --data-urlencode "expiry=$expiry" --data-urlencode "rotation=$rotation"
    shows "role=\"alert\">$message"
    shows 'aria-invalid="true"'
done <<END
|$year-01-31|90d|Enter a name.
   |$year-01-31|90d|Enter a name.
$(printf '%065d' 0)|$year-01-31|90d|A name has at most 64 characters.
<script>alert(1)</script>|$year-01-31|90d|A name cannot have control characters
a" autofocus onfocus=x|$year-01-31|90d|A name cannot have control characters
bell$(printf '\a')|$year-01-31|90d|A name cannot have control characters
C1 $(printf '\302\233')31m|$year-01-31|90d|A name cannot have control characters
turned $(printf '\342\200\256')around|$year-01-31|90d|A name cannot have control characters
laptop||90d|Enter the last day
laptop|tomorrow|90d|This is not a date
laptop|$year-02-30|90d|This is not a date
laptop|2020-01-31|90d|This day is in the past.
laptop|$(date -u -d yesterday +%F)|90d|This day is in the past.
laptop|$((year + 9))-01-31|90d|A key is valid for at most five years.
laptop|$year-01-31||Choose how often
laptop|$year-01-31|1s|Choose how often
END
[ "$(keys)" = 0 ] || fail "a refused form has created a key"
what='markup in a field'
expect 400 "$what" /keys --data-urlencode "csrf=$csrf" --data-urlencode 'name="><b>x</b>'
shows 'value="&quot;&gt;&lt;b&gt;x&lt;/b&gt;"'
! grep -q '<b>' "$dir/answer" || fail "markup came back as markup"

# ---- create, download once, use
expect 303 "create" /keys -d "csrf=$csrf&name=Zo%c3%ab%27s+laptop&expiry=$year-01-31&rotation=30d"
id=$(new_key)
[ -s "$dir/i/keys/$id.json" ] || fail "no key was stored"
! grep -q PRIVATE "$dir/i/keys/$id.json" || fail "the private key was stored"
expect 200 "the new key" "/keys/$id/new"
! grep -q PRIVATE "$dir/answer" || fail "the private key was shown before it was asked for"
expect 403 "a download without CSRF token" "/keys/$id/download" -d as=file
expect 404 "a download by GET" "/keys/$id/download"
expect 200 "the download" "/keys/$id/download" -d "csrf=$csrf&as=file"
cp "$dir/answer" "$dir/key.json"
grep -qi '^Content-Disposition: attachment; filename="key.json"' "$dir/headers" || fail "the download has no name"
grep -q '"key_id":"'"$id"'","name":"Zoë'"'"'s laptop",.*"rotation_frequency":"30d".*BEGIN RSA PRIVATE' \
    "$dir/key.json" || fail "the download lacks something"
what='a second download'
expect 410 "$what" "/keys/$id/download" -d "csrf=$csrf&as=file"
shows 'downloaded already'
expect 410 "the new key, once downloaded" "/keys/$id/new"
expect 200 "the table" /
shows 'Zo'
shows 'Never'

token() {
    expect "$1" "$2" /token --data-urlencode "csrf=$csrf" --data-urlencode "key=$(cat "$3")" \
        --data-urlencode "scopes=${4-user_management}" --data-urlencode "lifetime=${5-600}"
}
token 200 "a token" "$dir/key.json"
shows 'The token'
shows '&quot;aud&quot;: &quot;user_management&quot;'
shows "&quot;id&quot;: &quot;$id&quot;"
! grep -q PRIVATE "$dir/answer" || fail "the page with the token shows the key"
[ -e "$dir/i/used/$id" ] || fail "the token was not noted as the key's last use"
grep -q "<time>$(date -u +%Y)-" "$dir/answer" || fail "the table has no last use"
: >"$dir/empty"
echo '{"key_id":"x"}' >"$dir/half"
echo '<script>' >"$dir/markup"
sed "s/$id/00000000-0000-4000-8000-000000000000/" "$dir/key.json" >"$dir/unknown"
token 400 "no key" "$dir/empty"
shows 'Paste the content'
token 400 "half a key" "$dir/half"
token 400 "markup for a key" "$dir/markup"
token 401 "an unknown key" "$dir/unknown"
shows 'unknown API key'
token 400 "no scope" "$dir/key.json" ''
token 400 "a scope with markup" "$dir/key.json" '<b>'
! grep -q '<b>' "$dir/answer" || fail "markup in a scope came back as markup"
token 400 "no lifetime" "$dir/key.json" a ''
token 400 "a lifetime of two days" "$dir/key.json" a 172800
expect 403 "a token without CSRF token" /token --data-urlencode "key=$(cat "$dir/key.json")"

# ---- rotate: the old key is good until it is invalidated
what='rotate'
expect 403 "rotate without CSRF token" "/keys/$id/rotate" -d x=
expect 303 "$what" "/keys/$id/rotate" -d "csrf=$csrf"
next=$(new_key)
[ "$(keys)" = 2 ] && [ "$next" != "$id" ] || fail "rotate made no key"
expect 200 "$what" "/keys/$next/new"
shows "It replaces <code>$id</code>"
expect 200 "the new key as text" "/keys/$next/download" -d "csrf=$csrf&as=text"
shows 'BEGIN RSA PRIVATE KEY'
sed -n 's/^\({&quot;key_id.*}\)$/\1/p' "$dir/answer" | sed 's/&quot;/"/g; s/&#39;/'"'"'/g' >"$dir/next.json"
expect 410 "a second look" "/keys/$next/download" -d "csrf=$csrf&as=text"
token 200 "a token by the old key" "$dir/key.json"
shows 'Replaced, still valid'
token 200 "a token by the new key" "$dir/next.json"
what='a second rotation'
expect 409 "$what" "/keys/$id/rotate" -d "csrf=$csrf"
expect 403 "invalidate without CSRF token" "/keys/$id/invalidate" -d x=
token 200 "a token by the old key, still" "$dir/key.json"
expect 303 "invalidate" "/keys/$id/invalidate" -d "csrf=$csrf"
what='an invalidated key'
token 403 "$what" "$dir/key.json"
shows 'this API key was revoked'
token 200 "a token by the new key, still" "$dir/next.json"
expect 409 "$what" "/keys/$id/rotate" -d "csrf=$csrf"
expect 404 "an unknown key" "/keys/00000000-0000-4000-8000-000000000000/invalidate" -d "csrf=$csrf"
[ "$(keys)" = 2 ] || fail "a refused rotation has made a key"

# ---- what came in by another way is escaped, too
"$issuer" key new "$dir/i" --name '<img src=x onerror=alert(1)>' --rotation '<i>' --out "$dir/third" >"$dir/third.id"
printf '{"api_key":"%s","event":"<b>login</b>","user_id":"u1"}' "$(cat "$dir/i/project-key")" |
    curl -sS --cacert "$dir/i/ca.pem" -H 'Content-Type: application/json' -d @- "$url/v1/track" >"$dir/event"
what='names and events with markup'
expect 200 "$what" /
shows '&lt;img src=x onerror=alert(1)&gt;'
shows '&lt;b&gt;login&lt;/b&gt;'
! grep -q -e '<img src=x' -e '<b>' "$dir/answer" || fail "markup of a key or an event is markup on the page"

# ---- a rotation and a revocation at once: the key stays revoked
expect 303 "create" /keys -d "csrf=$csrf&name=race&expiry=$year-01-31&rotation=30d"
id=$(new_key)
request "/keys/$id/rotate" -d "csrf=$csrf" >"$dir/status" &
rotating=$!
"$issuer" key revoke "$dir/i" "$id"
wait "$rotating"
"$issuer" key list "$dir/i" | grep -q "^$id revoked" || fail "a rotation has undone a revocation"

! grep -rq 'PRIVATE' "$dir/i/keys" "$dir/i/requests.log" || fail "a private key was kept"
kill -TERM "$pid"
wait "$pid" || fail "the server ended with $?"
pid=
echo "page: all checks passed"
