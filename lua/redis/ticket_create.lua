-- A ticket to another channel.
--
-- KEYS[1]  hpf:{t:HASH}
-- ARGV     channel, hash of the session that it is of, seconds

redis.call("HSET", KEYS[1], "channel", ARGV[1], "session", ARGV[2])

return redis.call("EXPIRE", KEYS[1], ARGV[3])
