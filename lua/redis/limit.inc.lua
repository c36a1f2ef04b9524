-- Limits by GCRA: a key holds the microsecond at which its limit will be all
-- free again.  Stands in front of the scripts that take limits.
--
-- answer  gets four for each limit, behind what it has
-- keys    of the limits, from first to last
-- argv    from at on, three for each: microseconds of one token, microseconds
--         of all, tokens wanted
-- time    what TIME has said
--
-- Gives as many tokens as there is room for, up to what is wanted, but takes
-- none of any limit if there is not one of each.  The four are: tokens taken,
-- tokens left, microseconds until all are free, and until there is one, 0
-- where there was.  Returns whether there was one of each.

-- luacheck: ignore 211
local function limit_take(answer, keys, first, last, argv, at, time)
    local call, format = redis.call, string.format
    local now = time[1] * 1000000 + time[2]
    local base, arg, enough = #answer, at, true

    for i = first, last do
        local interval, room = argv[arg] + 0, argv[arg + 1] + 0
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

        if left > 0 then
            answer[base + 4] = 0
        else
            answer[base + 4] = used + interval - room
            enough = false
        end

        arg = arg + 3
        base = base + 4
    end

    if not enough then
        return false
    end

    base = base - 4 * (last - first + 1)

    for i = first, last do
        local take, left = argv[at + 2] + 0, answer[base + 2]

        if take > left then
            take = left
        end

        local used = answer[base + 3] + take * argv[at]

        -- Redis makes text of a number as if it were any, which takes longer

        call("SET", keys[i], format("%d", now + used),
             "PX", format("%d", used / 1000 + 1))

        answer[base + 1] = take
        answer[base + 2] = left - take
        answer[base + 3] = used

        at = at + 3
        base = base + 4
    end

    return true
end
