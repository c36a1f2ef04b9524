-- account-details: movements of the user's own account, newest first, in
-- pages of 20; from and to are dates, both included.

local SIZE = 20


local function handle(request)
    local form = request.form

    if form.from and form.to and form.from > form.to then
        local english = request.language == "en"

        hpf.fail("form-invalid", nil, {
            errors = hpf.array {
                {
                    pointer = "/to",
                    rule = "order",
                    message = english and "is before \"from\""
                              or "结束日期早于开始日期",
                },
            },
        })
    end

    local path = "/details?id_no=" .. request.user.id_no
                 .. "&page=" .. (form.page or 1) .. "&size=" .. SIZE

    if form.from then
        path = path .. "&from=" .. form.from
    end

    if form.to then
        path = path .. "&to=" .. form.to
    end

    local answer = hpf.backend("core", { path = path })

    if answer.status == 404 then
        hpf.fail("not-found", request.language == "en"
                 and "You have no housing provident fund account"
                 or "您名下没有住房公积金账户")
    end

    if not answer.ok or type(answer.json) ~= "table"
       or type(answer.json.items) ~= "table"
    then
        hpf.fail("backend-unavailable")
    end

    local items = hpf.array()

    for i, item in ipairs(answer.json.items) do

        if type(item) ~= "table" then
            hpf.fail("backend-unavailable")
        end

        items[i] = {
            date = item.date,
            kind = item.kind,
            amount = item.amount,
            balance = item.balance,
        }
    end

    return {
        items = items,
        page = answer.json.page,
        pages = answer.json.pages,
    }
end


return { handle = handle }
