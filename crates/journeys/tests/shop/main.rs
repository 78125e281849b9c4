//! Buying in the real shop: the program itself with its merchant and its sandbox.

mod buying;
mod kit;
mod saving;
mod staff;
mod visitors;
