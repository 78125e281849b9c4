//! An order from the shelf to the buyer's door, by the hands of people.

use anyhow::{Context as _, Result, bail};
use ordermill_journeys::{Browser, Demo, SignIn, View, button, css, field, visit};

use crate::kit::{order, sign_in};

/// Where the one who picks works, and where what goes near is sent from.
const WAREHOUSE: &str = "JX · 嘉兴中心仓";
const ADDRESS: &str = "林小满 13817260921 上海市浦东新区张江路88弄3号502";

#[test]
fn an_order_is_picked_packed_handed_over_and_followed_to_the_door() {
    let demo = Demo::start().unwrap();
    let (warehouse, logistics) =
        (demo.sign_in_of("warehouse").unwrap(), demo.sign_in_of("logistics").unwrap());
    visit(&demo.url, View::PHONE_CHINESE, |buyer| {
        let number = order(buyer, "马克杯", ADDRESS)?;
        visit(&demo.url, View::DESKTOP_ENGLISH, |lead| release(lead, &warehouse));
        visit(&demo.url, View::PHONE_CHINESE, |picker| pick(picker, &warehouse));
        visit(&demo.url, View::DESKTOP_ENGLISH, |packer| pack(packer, &warehouse, &number));
        visit(&demo.url, View::DESKTOP_CHINESE, |shipper| hand_over(shipper, &logistics, &number));
        follow(buyer, &number)
    });
}

/// The lead of the warehouse counts what waits and releases it as a wave.
fn release(lead: &mut Browser, person: &SignIn) -> Result<()> {
    sign_in(lead, person, "/console/wh")?;
    lead.check("floor")?;
    lead.click(&button("Count first"))?;
    lead.see("This wave would take")?;
    lead.check("floor-counted")?;
    lead.click(&button("Release a wave"))?;
    lead.see("Released")
}

/// Picks with a wedge scanner: a wrong bin and a wrong item are refused, a dead network and a Chinese input
/// method do not matter.
fn pick(picker: &mut Browser, person: &SignIn) -> Result<()> {
    sign_in(picker, person, "/pda")?;
    picker.check("pda-tasks")?;
    picker.click(&button("领取下一张拣货单"))?;
    picker.arrive("/pda/")?;
    picker.see("扫库位")?;
    picker.check("pda-pick")?;
    scan(picker, "Z-99-99-9")?;
    picker.see("库位不对")?;
    let mut stops = 0;
    while picker.count(&css("#now.is-bin"))? == 1 {
        let bin = picker.text(&css("#bin"))?;
        picker.scan_through_input_method(&bin)?;
        picker.see("扫商品")?;
        scan(picker, "6901234567892")?;
        picker.see("商品不对")?;
        // The network is gone: the scans are kept on the device, and the walk goes on.
        picker.offline(true)?;
        let item = item_at_hand(picker)?;
        while picker.count(&css("#now.is-item"))? == 1 && picker.text(&css("#bin"))? == bin {
            scan(picker, &item)?;
            picker.see("正确")?;
        }
        picker.see("待传")?;
        picker.check("pda-offline")?;
        picker.offline(false)?;
        picker.see_no_more("待传")?;
        stops += 1;
    }
    anyhow::ensure!(stops > 0, "there was no stop");
    picker.see("本单拣完")?;
    assert_eq!(picker.count(&css("#now .pieces"))?, 0, "nothing is left to be picked");
    picker.expect("ERR_INTERNET_DISCONNECTED");
    picker.check("pda-complete")
}

fn scan(picker: &mut Browser, text: &str) -> Result<()> {
    picker.type_keys(&format!("{text}{}", Browser::ENTER))
}

/// The code on what is to be picked now: of the stop that the page shows.
fn item_at_hand(picker: &mut Browser) -> Result<String> {
    let sku = picker.evaluate(
        "const { stops } = JSON.parse(document.querySelector('#task').content.textContent);
         const sku = document.querySelector('#detail').textContent.split(' · ')[0];
         const stop = stops.find((it) => it.sku === sku);
         return stop.gtin || stop.sku",
    )?;
    Ok(sku.as_str().context("what is to be picked")?.to_owned())
}

/// Counts at the bench, packs what is proposed, and prints the label.
fn pack(packer: &mut Browser, person: &SignIn, number: &str) -> Result<()> {
    sign_in(packer, person, "/console/wh/bench")?;
    packer.check("bench")?;
    packer.fill(&field("Scan an order, a fulfillment or a pick list"), number)?;
    packer.type_keys(Browser::ENTER)?;
    packer.see("To be shipped")?;
    packer.check("bench-recheck")?;
    // Every piece is scanned once, as the bench has a scanner.
    let codes = packer.evaluate(
        "return [...document.querySelectorAll('input[data-sku]')].flatMap((line) => {
             const pieces = Number(line.closest('tr').querySelector('td.strong').textContent);
             return Array(pieces).fill(line.dataset.gtin || line.dataset.sku);
         })",
    )?;
    scan(packer, "6901234567892")?;
    packer.see("Not of this order")?;
    for code in codes.as_array().context("what is to be counted")? {
        scan(packer, code.as_str().context("a code")?)?;
    }
    packer.see("Every piece was scanned")?;
    for check in ["intact", "reinforced"] {
        if packer.count(&css(&format!("input[name={check}]")))? == 1 {
            packer.click(&css(&format!("input[name={check}]")))?;
        }
    }
    packer.click(&button("It is right"))?;
    packer.see("It is right: pack it")?;
    packer.check("bench-pack")?;
    packer.click(&button("Close the boxes"))?;
    packer.see("The boxes are closed")?;
    packer.check("bench-packed")
}

/// Scans the waybill onto its list and hands the list to the driver.
fn hand_over(shipper: &mut Browser, person: &SignIn, number: &str) -> Result<()> {
    sign_in(shipper, person, "/console/logistics")?;
    let waybill = waybill_of(shipper, number)?;
    shipper.check("logistics")?;
    shipper.open("/console/logistics/manifests")?;
    shipper.choose(&field("仓库"), WAREHOUSE)?;
    shipper.fill(&field("运单号"), &waybill)?;
    shipper.type_keys(Browser::ENTER)?;
    shipper.arrive("/console/logistics/manifests")?;
    shipper.check("manifests")?;
    shipper.click(&css("tbody tr:first-child a.key"))?;
    shipper.see(&waybill)?;
    shipper.click(&button("交接给承运商"))?;
    shipper.see("交接时间")?;
    shipper.check("manifest-closed")
}

/// The waybill of an order's parcel, once its carrier has made the label.
fn waybill_of(shipper: &mut Browser, number: &str) -> Result<String> {
    for _ in 0..50 {
        shipper.open("/console/logistics?view=label_created")?;
        let waybill = shipper.evaluate(&format!(
            "const rows = [...document.querySelectorAll('tbody tr')];
             const row = rows.find((it) => it.textContent.includes('{number}'));
             return row?.querySelector('a.key').textContent",
        ))?;
        if let Some(waybill) = waybill.as_str() {
            return Ok(waybill.trim().to_owned());
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    bail!("no carrier has made a label for {number}")
}

/// The buyer looks where it is: nobody has to sign in there, and nothing about people is on the page.
fn follow(buyer: &mut Browser, number: &str) -> Result<()> {
    buyer.open(&format!("/orders/{number}"))?;
    buyer.click(&css("ul.parcels a.button"))?;
    buyer.arrive("/t/")?;
    buyer.see("预计")?;
    buyer.see("运输")?;
    buyer.click(&button("全部轨迹"))?;
    buyer.see("已交给承运商")?;
    let page = buyer.evaluate("return document.body.innerText")?;
    let page = page.as_str().context("what the page says")?;
    for secret in ["林小满", "13817260921", "张江路"] {
        anyhow::ensure!(!page.contains(secret), "the page names {secret}");
    }
    buyer.check("tracking")
}
