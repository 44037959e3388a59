#!/usr/bin/env bash
# Writes testdata/hessian/lite-3.2.txt and lite-4.0.txt with hessian-lite's own writers. Needs JDK 17 and Maven.
set -euo pipefail
cd "$(dirname "$0")/../../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TZ=UTC LC_ALL=C.UTF-8

opens=()
for package in java.base/java.{io,lang,math,net,text,time,time.chrono,time.zone,util,util.concurrent,util.concurrent.atomic} \
    java.base/sun.util.calendar java.sql/java.sql; do
    opens+=("--add-opens=$package=ALL-UNNAMED")
done

# write ARTIFACT NAME: the values of Vectors.java, which knows Caucho's package only, and those of LiteVectors.java.
write() {
    local jar=$work/$2.jar source=$work/$2
    mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
        -Dartifact="$1" -DoutputDirectory="$work" -Dmdep.stripVersion=true
    mv "$work/hessian-lite.jar" "$jar"
    mkdir -p "$source/classes" "$source/out"
    sed 's/com\.caucho/com.alibaba.com.caucho/' testdata/tools/caucho/Vectors.java > "$source/Vectors.java"
    cp testdata/tools/lite/LiteVectors.java "$source"
    javac -nowarn -d "$source/classes" -cp "$jar" "$source"/*.java
    java "${opens[@]}" -cp "$jar:$source/classes" Vectors "$source/out"
    java "${opens[@]}" -cp "$jar:$source/classes" LiteVectors "$source/out/lite.txt"
    cat "$source/out/values.txt" "$source/out/lite.txt" > "testdata/hessian/$2.txt"
}

write com.alibaba:hessian-lite:3.2.13 lite-3.2
write org.apache.dubbo:hessian-lite:4.0.4 lite-4.0
