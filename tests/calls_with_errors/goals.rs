//! What callers want, how they put it, and how to tell that they got it. Written before the first run; corrected since: whoever says that the
//! number is not needed any more (不用了) gives that as the reason.

/// How a goal is reached.
#[derive(Clone, Copy, Debug)]
pub enum Reached {
    /// The robot says this.
    Hears(&'static str),
    /// A person in this queue gets the call for this reason.
    Person(&'static str, &'static str),
}

/// What a caller wants.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// The hotline.
    pub plan: &'static str,
    /// Pressed first: for a call in the hotline's other language.
    pub first: &'static str,
    /// The intents that lead there.
    pub intents: &'static [&'static str],
    /// Ways to say it: as it comes to mind, then plainer.
    pub wish: &'static [&'static str],
    /// Slot, value (none where nobody but the system can tell), and the words for it.
    pub answers: &'static [(&'static str, &'static str, &'static str)],
    /// What is left as a message.
    pub message: &'static str,
    /// How it is reached.
    pub reached: Reached,
}

use Reached::{Hears, Person};

const ORDER: (&str, &str, &str) = ("order_number", "12345678", "一二三四五六七八");
const ORDER_EN: (&str, &str, &str) = ("order_number", "12345678", "one two three four five six seven eight");
const PHONE: (&str, &str, &str) = ("phone", "13800000000", "幺三八零零零零零零零零");
const CARD: (&str, &str, &str) = ("card_digits", "4417", "four four one seven");

const fn goal(
    plan: &'static str,
    intents: &'static [&'static str],
    wish: &'static [&'static str],
    answers: &'static [(&'static str, &'static str, &'static str)],
    reached: Reached,
) -> Goal {
    Goal { plan, first: "", intents, wish, answers, message: "", reached }
}

#[rustfmt::skip]
pub const GOALS: &[Goal] = &[
    // The shop, in Chinese.
    goal("youxuan", &["order_status"], &["我想看看我买的东西到哪儿了", "查一下我的订单"], &[ORDER], Hears("预计11月24日送达")),
    goal("youxuan", &["stuck", "order_status"], &["我的快递好几天都没动了", "帮我催一下快递"], &[("order_number", "30303030", "三零三零三零三零")], Hears("二十四小时之内会有新的进度")),
    goal("youxuan", &["return_goods"], &["我买的纸尿裤不想要了想退掉", "我要退货"], &[("product", "纸尿裤", "纸尿裤"), ("wants_return", "yes", "需要"), ORDER], Hears("退货已经申请好了")),
    goal("youxuan", &["return_goods"], &["奶粉已经打开了还可以退吗", "拆开的奶粉能不能退"], &[("product", "奶粉", "奶粉"), ("wants_return", "no", "不用了")], Hears("拆开以后，除了质量问题就不能退了")),
    goal("youxuan", &["stock"], &["三段的奶粉现在有没有货", "三段奶粉还有货吗"], &[("product", "奶粉", "奶粉"), ("stage", "三段", "三段"), ("wants_notice", "yes", "好的")], Hears("到货当天发短信给您")),
    goal("youxuan", &["points"], &["我想知道我还有多少积分", "查一下会员积分"], &[("member_phone", "13800000000", "幺三八零零零零零零零零"), ("wants_gift", "no", "不用了")], Hears("2680积分")),
    goal("youxuan", &["points_rule"], &["多少积分可以换一块钱", "积分怎么兑换"], &[], Hears("一百分可以抵一元")),
    goal("youxuan", &["insurance"], &["退货的邮费你们给报吗", "运费险能赔我多少"], &[ORDER], Hears("这个订单有运费险")),
    goal("youxuan", &["invoice"], &["我想要一张发票", "给我开个电子发票"], &[("wants_invoice", "yes", "需要"), ORDER], Hears("发票的链接已经发到")),
    goal("youxuan", &["promotion"], &["你们最近在搞什么活动啊", "现在有什么优惠"], &[], Hears("满三百减五十")),
    goal("youxuan", &["size"], &["宝宝的尿不湿应该买多大的", "纸尿裤穿什么码"], &[("weight", "22", "二十二斤")], Hears("建议买大码")),
    goal("youxuan", &["cancel_order"], &["我下错单了能不能帮我取消", "我要取消订单"], &[("order_number", "20261111", "二零二六一一一一"), ("wants_cancel", "yes", "是的")], Hears("三天之内退回")),
    Goal { message: "奶瓶收到的时候是碎的里面全是玻璃", ..goal("youxuan", &["complaint"], &["你们送来的奶瓶是碎的我要投诉", "我要投诉"], &[("trouble", "质量", "质量问题")], Hears("两小时之内给您回电")) },
    goal("youxuan", &["callback"], &["我现在不方便说话你们晚点打给我", "给我回个电话"], &[("callback_time", "15:00", "下午三点")], Hears("按时给您打电话")),
    goal("youxuan", &["hours"], &["你们晚上几点关门呀", "营业时间是几点到几点"], &[], Hears("上午九点到晚上九点")),
    goal("youxuan", &["human"], &["我不要跟机器说给我转人工", "转人工"], &[], Person("general", "asked")),
    goal("youxuan", &["奶粉怎么冲"], &["冲奶粉要用多热的水", "奶粉怎么冲"], &[], Hears("四十到五十度")),
    goal("youxuan", &["free_postage"], &["你们包邮吗要买多少才行", "满多少包邮"], &[], Hears("九十九元包邮")),
    // The shop, in English.
    Goal { first: "9", ..goal("youxuan", &["order_status"], &["where is my parcel", "check my order"], &[ORDER_EN], Hears("It should arrive on November 24")) },
    Goal { first: "9", ..goal("youxuan", &["return_goods"], &["i want to send back the diapers", "i want a refund"], &[("product", "纸尿裤", "diapers"), ("wants_return", "yes", "yes please"), ORDER_EN], Hears("The return has been started")) },
    // The operator.
    goal("telecom", &["balance"], &["帮我看一下话费还剩多少", "查话费"], &[PHONE], Hears("余额是86.4元")),
    goal("telecom", &["bill"], &["这个月怎么多扣了我二十块钱", "查账单"], &[PHONE], Hears("其他是视频彩铃")),
    goal("telecom", &["usage"], &["我的流量还够不够用啊", "我还剩多少流量"], &[PHONE], Hears("还剩11个G")),
    goal("telecom", &["rollover"], &["这个月用不完的流量可以留着下个月吗", "流量结转是什么"], &[("wants_rollover", "yes", "好的办一个"), PHONE], Person("business", "rollover")),
    goal("telecom", &["packages"], &["现在这个套餐太贵了想换一个", "我要改套餐"], &[("wants_change", "yes", "需要"), PHONE, ("plan", "畅享", "畅享套餐")], Hears("您用的是畅享套餐")),
    goal("telecom", &["outage"], &["家里的宽带一晚上都上不去", "家里断网了"], &[("what_fails", "宽带", "宽带"), ("area", "江北区", "江北")], Hears("预计今天晚上八点恢复")),
    goal("telecom", &["lost_sim"], &["我手机被人偷了快帮我停了", "手机丢了"], &[PHONE, ("password", "123456", "一二三四五六")], Hears("已经停机")),
    goal("telecom", &["cancel"], &["这个号码我不用了想注销掉", "我要销户"], &[PHONE, ("cancel_why", "不用了", "不用了")], Person("business", "cancel")),
    goal("telecom", &["recharge"], &["我想交一下话费", "我要充值"], &[], Hears("充值的链接已经发到")),
    goal("telecom", &["roaming"], &["下个月去日本手机还能用吗", "出国怎么上网"], &[], Hears("国际漫游")),
    goal("telecom", &["hall"], &["附近哪儿有营业厅", "营业厅在哪里"], &[], Hears("营业厅每天上午九点")),
    goal("telecom", &["elderly"], &["我眼睛花了看不见按键", "我是老人"], &[], Person("elderly", "elderly")),
    Goal { message: "一天打好几个推销电话", ..goal("telecom", &["complaint"], &["你们老是给我打推销电话我要投诉", "我要投诉"], &[("complaint_about", "骚扰电话", "骚扰电话")], Hears("四十八小时之内一定给您答复")) },
    goal("telecom", &["human"], &["叫个人来跟我讲", "人工客服"], &[], Person("service", "asked")),
    // The bank, in English.
    goal("bank", &["card_lost"], &["i think i left my card on the bus", "i lost my card"], &[CARD], Hears("Your card is blocked")),
    goal("bank", &["balance"], &["could you tell me how much money i have left", "what is my balance"], &[("account_number", "20002000", "two zero zero zero two zero zero zero"), ("passcode", "4321", "four three two one")], Hears("Your balance is 1520.75")),
    goal("bank", &["dispute"], &["there is a payment on my account that i never made", "i don't recognise a payment"], &[("has_card", "yes", "yes i do"), CARD, ("amount", "42", "forty two"), ("bought_on", "2026-11-23", "yesterday"), ("merchant", "", "sunny travel"), ("wants_block", "no", "no thanks")], Hears("Your claim is open")),
    goal("bank", &["appointment"], &["i would like to talk to somebody about a mortgage", "make an appointment"], &[("topic", "mortgage", "a mortgage"), ("branch", "central", "the central branch"), ("visit_day", "2026-11-26", "on thursday"), ("takes_slot", "yes", "yes please")], Hears("It is booked")),
    goal("bank", &["scam"], &["someone called me and wanted my security code", "i think i was scammed"], &[], Person("fraud", "scam")),
    goal("bank", &["branch_hours"], &["what time do you close on saturday", "opening hours"], &[], Hears("from nine to five on weekdays")),
    goal("bank", &["fees"], &["how much does it cost to send money abroad", "what are your fees"], &[], Hears("costs four pounds")),
    goal("bank", &["password"], &["i cannot get into the app any more", "i forgot my password"], &[], Hears("sent you a link")),
    Goal { message: "nobody answered my letters for three weeks", ..goal("bank", &["complaint"], &["i have been waiting for three weeks and i want to complain", "i want to make a complaint"], &[], Hears("calls you back within")) },
    goal("bank", &["callback"], &["could somebody ring me tomorrow please", "call me back"], &[], Hears("A colleague will call you")),
    goal("bank", &["human"], &["can i please talk to a real person", "speak to an agent"], &[], Person("service", "asked")),
];
