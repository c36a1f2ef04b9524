-- Takes from limits that hold for all nodes.
--
-- KEYS  hpf:{u:UID}:limit:HASH of one user, or one hpf:{l:HASH}:limit
-- ARGV  and the answer: see limit.inc.lua

local answer = limit_take(KEYS, ARGV, 1)

return answer
