//! The handheld at `/pda`: one instruction per screen, for people who walk with a scanner.
//!
//! Every page works as a plain form of one field and a few buttons; `pda.js` makes it answer before the
//! network does and goes on without one.

pub mod hand;
pub mod home;
pub mod pick;

crate::words! {
    pda_back = "返回任务", "Back to tasks";
    pda_online = "在线", "Online";
    pda_offline = "离线", "Offline";
    pda_queued = "待传", "queued";
    pda_sound = "声音", "Sound";
    pda_scan = "扫描条码…", "Scan a barcode…";
    pda_scan_label = "扫描输入", "Scan";
    pda_short = "缺货", "Short";
    pda_undo = "撤销", "Undo";
    pda_type = "手输", "Type";
    pda_enter = "确定", "Enter";
}
