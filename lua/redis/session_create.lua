-- A session begins.
--
-- KEYS[1]  hpf:{s:HASH}
-- KEYS[2]  hpf:idle:{s:HASH}
-- ARGV     uid, type, level, sealed subject, idle seconds, seconds to live,
--          channel, factors (bits)

local ends = redis.call("TIME")[1] + ARGV[6]

redis.call("HSET", KEYS[1], "uid", ARGV[1], "type", ARGV[2],
           "level", ARGV[3], "subj", ARGV[4], "idle", ARGV[5],
           "ends", ends, "channel", ARGV[7], "factors", ARGV[8])
redis.call("EXPIRE", KEYS[1], ARGV[6])

return redis.call("SET", KEYS[2], "1", "EX", ARGV[5])
