#!/bin/sh
# The first commands on a fresh machine, where it is hardest: a folder that only its owner enters, blanks and Chinese characters
# in the path, an umask of 077, a proxy that answers nothing, and somebody else on port 8080.
set -eu
umask 077
here=$(cd "$(dirname "$0")/.." && pwd)
place="$(mktemp -d)/贵人 服务"
mkdir "$place"
cd "$place"
finish() {
	.venv/bin/guiren down >/dev/null 2>&1 || true
	kill "$other" 2>/dev/null || true
	cd / && rm -rf "${place%/*}"
}
other=
trap finish EXIT
git -C "$here" archive HEAD | tar -x
python3 -c 'import socket, time
try:
    other = socket.create_server(("127.0.0.1", 8080))
except OSError: pass  # Taken already: all the better.
time.sleep(600)' &
other=$!
make setup
export http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 HTTP_PROXY=http://127.0.0.1:9 ALL_PROXY=http://127.0.0.1:9
.venv/bin/guiren up --no-demo --detach
.venv/bin/guiren status
.venv/bin/guiren init --name 甄演示 --security-name 贾安全
test -n "$(.venv/bin/guiren token --as office-head)"
.venv/bin/guiren down
echo "fresh: a private folder works"
