-- Takes from limits that hold for all nodes.
--
-- KEYS  hpf:{u:UID}:limit:HASH of one user, or one hpf:{l:HASH}:limit
-- ARGV  and the answer: see limit.inc.lua

local answer = {}

limit_take(answer, KEYS, ARGV, 1, redis.call("TIME"))

return answer
