-- Limits by GCRA: a key holds the microsecond at which its limit will be all
-- free again.  Stands in front of the scripts that take limits.
--
-- answer  gets four for each limit, behind what it has
-- keys    of the limits
-- argv    from at on, three for each: microseconds of one token, microseconds
--         of all, tokens wanted
-- time    what TIME has said
--
-- Gives as many tokens as there is room for, up to what is wanted, but takes
-- none of any limit if there is not one of each.  The four are: tokens taken,
-- tokens left, microseconds until all are free, and until there is one, 0
-- where there was.  Returns whether there was one of each.

local function limit_take(answer, keys, argv, at, time)  -- luacheck: ignore
    local call = redis.call
    local now = time[1] * 1000000 + time[2]
    local n, base, enough = #keys, #answer, true

    for i = 1, n do
        local interval = argv[3 * i + at - 3] + 0
        local room = argv[3 * i + at - 2] + 0
        local used = (call("GET", keys[i]) or 0) - now

        if used < 0 then
            used = 0
        elseif used > room then
            used = room
        end

        local left = (room - used) / interval

        left = left - left % 1

        answer[base + 1] = 0
        answer[base + 2] = left
        answer[base + 3] = used
        answer[base + 4] = 0

        if left == 0 then
            answer[base + 4] = used + interval - room
            enough = false
        end

        base = base + 4
    end

    if not enough then
        return false
    end

    base = base - 4 * n

    for i = 1, n do
        local take = argv[3 * i + at - 1] + 0
        local left = answer[base + 2]

        if take > left then
            take = left
        end

        local used = answer[base + 3] + take * argv[3 * i + at - 3]

        call("SET", keys[i], now + used, "PX", (used - used % 1000) / 1000 + 1)

        answer[base + 1] = take
        answer[base + 2] = left - take
        answer[base + 3] = used

        base = base + 4
    end

    return true
end
