#!/bin/sh
# What a monitor's plugin looks like that is written by hand: one question after another.
# Usage: plugin.sh REDIS_URL SERVICE_URL…
redis=$1; shift
waiting=$(redis-cli -u "$redis" llen events:dead_letter) || { echo "UNKNOWN - redis"; exit 3; }
redis-cli -u "$redis" lindex events:dead_letter -1 >/dev/null
redis-cli -u "$redis" pubsub numsub enrollment.approved >/dev/null
down=0
for url in "$@"; do
  curl -fs -m 5 -o /dev/null "$url/health" || down=$((down + 1))
done
echo "$waiting dead letters, $down services down | dlq=$waiting"
[ "$down" -eq 0 ]
