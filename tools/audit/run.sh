#!/usr/bin/env bash
# Reads streams of every class with released hessian-lites and writes dubbo/src/canonical/table.rs. Needs JDK 17 and Maven;
# takes some six minutes on two cores. What was found is kept in the folder FINDINGS, and not sought again.
#
#   tools/audit/run.sh FINDINGS
set -euo pipefail
cd "$(dirname "$0")/../.."

findings=${1:?the folder for findings}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/jars" "$work/classes"

# 3.2.8: Dubbo 2.7.8; 3.2.13: Dubbo 2.7.23, the last 3.0, 3.1.11 and 3.2.14; 4.0.3: Dubbo 3.3.0; 4.0.4: Dubbo 3.3.6.
# AUDIT_ALSO has more, of the same form. With 4.0.1, of no Dubbo looked at, it ends: its readers of InetAddress and
# Inet6Address leave the fields that they do not know unread, also in arrays. The table does not cover that.
for artifact in com.alibaba:hessian-lite:3.2.8 com.alibaba:hessian-lite:3.2.13 org.apache.dubbo:hessian-lite:4.0.3 \
    org.apache.dubbo:hessian-lite:4.0.4 ${AUDIT_ALSO:-}; do
    mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
        -Dartifact="$artifact" -DoutputDirectory="$work/jars"
done
javac -nowarn -d "$work/classes" tools/audit/*.java
java -cp "$work/classes" Audit "$work/jars" "$findings" dubbo/src/canonical/table.rs
