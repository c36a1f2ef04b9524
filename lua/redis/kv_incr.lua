-- A plugin's number grows, and lives on.
--
-- KEYS[1]  hpf:{p:ITEM}:KEY
-- ARGV     by, seconds to live

local n = redis.call("INCRBY", KEYS[1], ARGV[1])

redis.call("EXPIRE", KEYS[1], ARGV[2])

return n
