-- A plugin's command that makes or changes a key, which lives on.
--
-- KEYS[1]  hpf:{p:ITEM}r:KEY
-- ARGV     seconds to live, command, its arguments behind the key

local reply = redis.call(ARGV[2], KEYS[1], unpack(ARGV, 3))

redis.call("EXPIRE", KEYS[1], ARGV[1])

return reply
