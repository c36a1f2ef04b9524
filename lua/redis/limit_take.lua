-- Takes from limits that hold for all nodes, for as many as ask at once.
--
-- KEYS  hpf:{u:UID}:limit:HASH of one user, or one hpf:{l:HASH}:limit, of each
--       who asks
-- ARGV  for each who asks how many of the keys are his, and then what
--       limit.inc.lua wants
--
-- Returns what the limits answer to each.

local keys, argv, time = KEYS, ARGV, redis.call("TIME")
local answers, n, first, at = {}, 0, 1, 1

while argv[at] do
    local answer, last = {}, first + argv[at] - 1

    limit_take(answer, keys, first, last, argv, at + 1, time)

    n = n + 1
    answers[n] = answer
    at = at + 1 + 3 * argv[at]
    first = last + 1
end

return answers
