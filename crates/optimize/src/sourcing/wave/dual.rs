//! A sharp lower bound for one order: a feasible solution of the linear program's dual.
//!
//! Each line raises what it is ready to pay for a unit, from its cheapest offer on. What it pays beyond an
//! offer's price goes to that route's parcel, until the parcel is paid; then the line can pay no more
//! (Erlenkotter: A dual-based procedure for uncapacitated facility location, Operations Research 26, 1978;
//! here with stock limits). What a parcel lacks in the end, its slack, is added to the bound if the route
//! takes part all the same.

/// What one route offers for one line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offer {
    pub price: i64,
    pub route: u32,
    pub units: u32,
    /// The route as a bit.
    pub bit: u64,
}

/// What an order wants of a line, in the solver's memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// Where its offers end; they begin where those of the line before end, the cheapest first.
    pub end: usize,
    pub quantity: i64,
    /// What an unfilled unit costs.
    pub unfilled: i64,
}

/// The bound's memory.
#[derive(Debug, Clone, Default)]
pub(super) struct Dual {
    /// By route, what its parcel lacks to be paid in the last bound.
    pub slack: Vec<i64>,
    pays: Vec<Pay>,
}

impl Dual {
    /// A lower bound on what the units cost, and those parcels of `allowed` that are not of `open`. Leaves
    /// in `slack` what a parcel of each allowed route still lacks to be paid.
    pub(super) fn ascend(
        &mut self,
        offers: &[Offer],
        lines: &[Wanted],
        opening: &[i64],
        open: u64,
        allowed: u64,
    ) -> i64 {
        let Self { slack, pays } = self;
        slack.clear();
        slack.extend_from_slice(opening);
        pays.clear();
        let mut start = 0;
        for &Wanted { end, quantity, unfilled } in lines {
            let first = (start..end).find(|&at| allowed & offers[at].bit != 0);
            let price = first.map_or(unfilled, |at| offers[at].price);
            pays.push(Pay { price, next: first.unwrap_or(end), start, rate: quantity });
            start = end;
        }
        let mut is_rising = true;
        while is_rising {
            is_rising = false;
            for (pay, &Wanted { end, unfilled, .. }) in pays.iter_mut().zip(lines) {
                is_rising |= pay.rise(&offers[..end], unfilled, open, allowed, slack);
            }
        }
        let units =
            pays.iter().zip(lines).map(|(pay, line)| pay.price * line.quantity).sum::<i64>();
        // What open routes give for less than a line would pay is theirs.
        let mut start = 0;
        let mut rent = 0;
        for (pay, &Wanted { end, .. }) in pays.iter().zip(lines) {
            for offer in &offers[start..end] {
                if offer.price >= pay.price {
                    break;
                }
                if open & offer.bit != 0 {
                    rent += i64::from(offer.units) * (pay.price - offer.price);
                }
            }
            start = end;
        }
        units - rent
    }
}

/// What a line is ready to pay for a unit.
#[derive(Debug, Clone, Copy)]
struct Pay {
    price: i64,
    /// The first offer that is not below the price or at it.
    next: usize,
    /// Its first offer.
    start: usize,
    /// By how much the bound rises with the price: the quantity less what open routes offer for less.
    rate: i64,
}

impl Pay {
    /// Raises the price to the next offer's, or as far as slack allows. Tells whether it may rise further.
    fn rise(
        &mut self,
        offers: &[Offer],
        unfilled: i64,
        open: u64,
        allowed: u64,
        slack: &mut [i64],
    ) -> bool {
        // Offers at the price take part from now on.
        while let Some(offer) = offers.get(self.next).filter(|offer| offer.price <= self.price) {
            if open & offer.bit != 0 {
                self.rate -= i64::from(offer.units);
            }
            self.next += 1;
        }
        if self.rate <= 0 || self.price >= unfilled {
            return false;
        }
        let takes_part = |offer: &&Offer| allowed & !open & offer.bit != 0;
        let higher = offers[self.next..].iter().find(|offer| allowed & offer.bit != 0);
        let to = higher.map_or(unfilled, |offer| offer.price.min(unfilled));
        let below = &offers[self.start..self.next];
        let paid = below.iter().filter(takes_part);
        let mut by = to - self.price;
        for offer in paid.clone() {
            let (lacking, units) = (slack[offer.route as usize], i64::from(offer.units));
            if by * units > lacking {
                by = lacking / units;
            }
        }
        if by <= 0 {
            return false;
        }
        for offer in paid {
            slack[offer.route as usize] -= by * i64::from(offer.units);
        }
        self.price += by;
        true
    }
}
