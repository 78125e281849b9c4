//! One id type per thing; the prefix is what people and partners see.

ordermill_base::id! {
    /// An order.
    OrderId = "ord"
    /// A unit that is stocked, counted and sold.
    SkuId = "sku"
    /// A group of SKUs in the shop.
    CategoryId = "cat"
    /// A place that holds stock: warehouse, store, 3PL.
    LocationId = "loc"
    /// Goods announced to a location.
    IncomingId = "inc"
    /// A setting of the shop, by a digest of its name.
    SettingId = "set"
    /// A shelf position at a location.
    BinId = "bin"
    /// One append-only reason of a change of a stock level.
    MovementId = "mov"
    /// A cart of the own shop.
    CartId = "crt"
    /// Someone who buys.
    CustomerId = "cus"
    /// Where orders come from: own shop, marketplace, file, EDI.
    ChannelId = "chn"
    /// An order as a channel sent it.
    ChannelOrderId = "cho"
    /// One payment of an order through a gateway.
    PaymentId = "pay"
    /// Money on its way back.
    RefundId = "rfd"
    /// Captured money that a buyer's bank wants back.
    DisputeId = "dsp"
    /// A coupon that buyers redeem by code.
    CouponId = "cpn"
    /// A gift card with a balance.
    GiftCardId = "gft"
    /// A parcel on its way with a carrier.
    ShipmentId = "shp"
    /// What a carrier is told to do with a parcel.
    InstructionId = "ins"
    /// Somebody who carries parcels.
    CarrierId = "car"
    /// A list of parcels that a carrier takes over together.
    ManifestId = "mnf"
    /// Somebody who pushes tracking to us.
    TrackerId = "trk"
    /// One word of a carrier about a parcel.
    TrackingEventId = "tev"
    /// A member of staff.
    StaffId = "stf"
    /// An API key of a channel or an integration.
    ApiKeyId = "key"
    /// One look at personal data that is masked by default.
    RevealId = "rev"
    /// A note that colleagues leave at an order.
    NoteId = "nte"
    /// A login code that was sent to a buyer.
    LoginCodeId = "lgc"
    /// Something a person must do.
    TaskId = "tsk"
    /// One location's share of an order.
    FulfillmentId = "ful"
    /// Fulfillments of several orders that travel together.
    MergeId = "mrg"
    /// One choice of the locations of an order.
    DecisionId = "dec"
    /// A box with goods of one fulfillment.
    PackageId = "pkg"
    /// Fulfillments that were released together.
    WaveId = "wav"
    /// What one person fetches from the shelves on one walk.
    PickListId = "pkl"
    /// One entry of the journal; its raw value is the journal's position.
    EventId = "evt"
    /// One message received from outside, stored raw.
    InboxId = "inb"
    /// A receiver of outgoing webhooks.
    EndpointId = "whk"
    /// One outgoing webhook on its way to one endpoint.
    DeliveryId = "dlv"
    /// A question to a buyer about missing pieces.
    ChoiceId = "chc"
    /// A message to a buyer.
    MessageId = "msg"
    /// One version of the rules for a purpose.
    RuleTableId = "rul"
    /// An entry of the watchlist.
    WatchId = "wat"
    /// Work on every order of a view.
    BulkId = "blk"
    /// A run of an import.
    ImportId = "imp"
    /// One double-entry posting of the ledger.
    PostingId = "pst"
}
