-- withdraw-rent: withdrawal for rent by somebody who owns no home here.  The
-- marriage register says whose homes count; the core pays, once for each case
-- number, so that a request whose answer got lost is asked for again and
-- never made twice.

local TEXT = {
    approved = { zh = "核验通过，提取已办结", en = "Approved and paid" },
    pending = { zh = "业务系统未确认结果，正在核实",
                en = "The business system has not confirmed the result yet" },
    house = { zh = "本人或配偶在本市有自有住房",
              en = "The applicant or the spouse owns a home in this city" },
    ["insufficient-balance"] = { zh = "账户余额不足",
                                 en = "The balance is not sufficient" },
    ["no-account"] = { zh = "名下没有住房公积金账户",
                       en = "There is no housing provident fund account" },
    ["account-sealed"] = { zh = "账户已封存", en = "The account is sealed" },
    refused = { zh = "业务系统未受理", en = "The business system refused" },
}


local function text(key)
    return (TEXT[key] or TEXT.refused).zh
end


-- What a register says of somebody; without an answer nothing is decided.

local function need(register, answer, member, kind)
    if not answer.ok or type(answer.json) ~= "table"
       or type(answer.json[member]) ~= kind
    then
        hpf.fail("backend-unavailable", nil, { backend = register })
    end

    return answer.json[member]
end


local function ask_houses(id_no)
    return { "realestate", { path = "/houses", json = { id_no = id_no } } }
end


local function houses(answer)
    return need("realestate", answer, "houses", "table")
end


-- Both registers at once; the spouse's homes when there is a spouse.

local function owns_home(id_no)
    local marriage, own = hpf.all(
        { "civil", { path = "/marriage", json = { id_no = id_no } } },
        ask_houses(id_no))

    local married = need("civil", marriage, "married", "boolean")

    if #houses(own) > 0 then
        return true
    end

    if not married then
        return false
    end

    local spouse = need("civil", marriage, "spouse", "table")

    return #houses(hpf.backend(unpack(ask_houses(spouse.id_no)))) > 0
end


-- The core's no: a document that says why.  A 4xx without one may come from
-- something between here and the core, and 408 and 429 ask to come again.

local function refused(answer)
    return answer.outcome == "done" and answer.status >= 400
           and answer.status < 500 and answer.status ~= 408
           and answer.status ~= 429 and type(answer.json) == "table"
           and type(answer.json.error) == "string"
end


-- What the core's answer makes of the case.

local function settle(answer)
    local core = type(answer.json) == "table" and answer.json or {}

    if answer.ok and core.status == "approved" then
        hpf.case.set("approved", text("approved"), {
            core_no = core.core_no,
            amount = core.amount,
            paid_at = core.paid_at,
        })

    elseif refused(answer) then
        hpf.case.set("rejected", text(core.error))
    end

    -- anything else leaves it pending-backend
end


local function apply(application)
    return hpf.backend("core", { path = "/applications", json = application })
end


local function handle(request)
    local form, id_no = request.form, request.user.id_no

    if owns_home(id_no) then
        local no = hpf.case.open("received")

        if not no then
            hpf.fail("store-unavailable")
        end

        hpf.case.set("rejected", text("house"))

        return
    end

    local application = {
        item = request.item,
        id_no = id_no,
        amount = form.amount,
        bank_card = form.bank_card,
        months = form.months,
    }

    -- durable before the core hears of it

    local no = hpf.case.open("pending-backend", application)

    if not no then
        hpf.fail("store-unavailable")
    end

    application.case_no = no

    settle(apply(application))
end


-- The core knows the case number, or has never got the request.

local function reconcile(request)
    local answer = hpf.backend("core", {
        path = "/applications/" .. request.case_no,
    })

    if answer.status == 404 then
        local application = request.data

        application.case_no = request.case_no
        answer = apply(application)
    end

    settle(answer)
end


return { handle = handle, reconcile = reconcile }
