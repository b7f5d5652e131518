#!/bin/sh
# Runs a single Kafka broker (KRaft) in the foreground: start-kafka.sh PORT DATA_DIR
# It is ready when PORT takes connections, and stops at SIGTERM.
# Needs Java 17; the first run also needs Maven and its repository.
# STAMPEDE_CACHE_DIR: where the jars are kept (default ~/.cache/stampede).
set -eu

port=$1
data_dir=$2
version=4.1.0
jars=${STAMPEDE_CACHE_DIR:-${HOME:-/tmp}/.cache/stampede}/kafka-$version

if [ ! -d "$jars" ]; then
  mkdir -p "$(dirname "$jars")"
  fresh=$(mktemp -d "$jars.XXXXXX")
  trap 'rm -rf "$fresh"' EXIT
  cat >"$fresh/pom.xml" <<POM
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>stampede</groupId>
  <artifactId>kafka-broker</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>$version</version>
    </dependency>
  </dependencies>
</project>
POM
  mvn --quiet --batch-mode -f "$fresh/pom.xml" dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$fresh/jars" >&2
  # Another start may have been first; its jars are as good.
  [ -d "$jars" ] || mv "$fresh/jars" "$jars"
  rm -rf "$fresh"
  trap - EXIT
fi

mkdir -p "$data_dir"
cat >"$data_dir/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$((port + 1))
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1))
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$data_dir/log
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
PROPERTIES

# A cluster id is 16 bytes in URL-safe base64; one broker of one test needs no other.
[ -f "$data_dir/log/meta.properties" ] ||
  java -cp "$jars/*" kafka.tools.StorageTool format \
    --cluster-id c3RhbXBlZGUta2Fma2EhIQ --config "$data_dir/server.properties" >&2

exec java -Xms128m -Xmx384m -XX:+UseSerialGC -cp "$jars/*" kafka.Kafka "$data_dir/server.properties"
