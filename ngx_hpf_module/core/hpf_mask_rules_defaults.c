/*
 * Copyright (C) the HPF gateway authors
 */

/* The rules that there are without any in a configuration. */

#include <string.h>

#include "hpf_mask_rules.h"


/*
 * Not by themselves: unified social credit codes, which are public, and
 * passports and permits, which have no check digit, so that serial numbers
 * look like them.
 */
#define HPF_MASK_VALUES_USUAL                                                 \
    (1u << HPF_MASK_ID_CARD | 1u << HPF_MASK_MOBILE                           \
     | 1u << HPF_MASK_BANK_CARD | 1u << HPF_MASK_EMAIL)


typedef struct {
    unsigned              kind;
    const char           *names;          /* separated by spaces */
} hpf_mask_default_t;


/*
 * The spellings that are met: camel case and snake case in English, initials
 * of pinyin, and the field codes of JGJ/T 320.
 */

static const hpf_mask_default_t  hpf_mask_defaults[] = {

    { HPF_MASK_NAME,
      "name xm userName user_name realName real_name fullName full_name "
      "custName cust_name customerName customer_name personName person_name "
      "handlerName handler_name applicantName applicant_name spouseName "
      "spouse_name contactName contact_name xingming jkrxm gtjkrxm jbrxm "
      "dwfrdbxm poxm lxr lxrxm ownerName owner_name "
      "姓名 真实姓名 户名 联系人 经办人" },

    { HPF_MASK_ID_CARD,
      "idNo id_no idCard id_card idCardNo id_card_no idNumber id_number "
      "idCode id_code idCardNumber id_card_number idCardNum id_card_num "
      "certNumber cert_number certNo cert_no certNum cert_num certificateNo "
      "certificate_no identityNo identity_no identityCard identity_card "
      "sfz sfzh sfzhm sfzjhm zjhm jkrzjh jkrzjhm gtjkrzjhm jbrzjhm "
      "dwfrdbzjhm pozjhm 身份证 身份证号 身份证号码 证件号码" },

    { HPF_MASK_MOBILE,
      "mobile mobileNo mobile_no mobilePhone mobile_phone mobileNumber "
      "mobile_number cellphone cell_phone phone phoneNo phone_no phoneNum "
      "phone_num phoneNumber phone_number tel telNo tel_no telephone "
      "contactPhone contact_phone contactTel contact_tel linkPhone "
      "link_phone sj sjh sjhm lxdh jbrsjhm gddhhm "
      "手机 手机号 手机号码 电话 联系电话" },

    { HPF_MASK_BANK_CARD,
      "bankCard bank_card bankCardNo bank_card_no bankCardNumber "
      "bank_card_number bankCardNum bank_card_num cardNo card_no cardNumber "
      "card_number bankAccount bank_account bankAccountNo bank_account_no "
      "bankNo bank_no yhkh yhkhm yhzh grckzhhm hkzh sfrzhhm "
      "银行卡 银行卡号 银行账号" },

    { HPF_MASK_ACCOUNT,
      "account accountNo account_no accountNumber account_number acctNo "
      "acct_no grzh dkzh 个人账号 公积金账号" },

    { HPF_MASK_ADDRESS,
      "address addr dz jtzz jtdz lxdz txdz hjdz homeAddress home_address "
      "houseAddress house_address contactAddress contact_address "
      "detailAddress detail_address residenceAddress residence_address fwzl "
      "地址 住址 家庭住址 联系地址 房屋坐落" },

    { HPF_MASK_EMAIL,
      "email e_mail mail emailAddress email_address dzyx yx dwdzxx "
      "邮箱 电子邮箱" },

    { HPF_MASK_ALL,
      "password passwd pwd" }
};


int
hpf_mask_rules_defaults(hpf_mask_rules_t *rules)
{
    int                        rc;
    size_t                     i, n;
    const char                *p;
    hpf_mask_shape_t           shape;
    const hpf_mask_default_t  *d;

    for (i = 0; i < sizeof(hpf_mask_defaults) / sizeof(*d); i++) {
        d = &hpf_mask_defaults[i];
        hpf_mask_shape_init(&shape, d->kind);

        for (p = d->names; *p != '\0'; p += n + (p[n] == ' ')) {
            n = strcspn(p, " ");

            rc = hpf_mask_rules_key(rules, p, n, &shape);
            if (rc != HPF_OK) {
                return rc;
            }
        }
    }

    rules->values = HPF_MASK_VALUES_USUAL;

    return HPF_OK;
}
