// How two regions prove to each other that they belong to one world, before either believes a word:
// each answers the other's random nonce with an HMAC-SHA256 under the world's secret. The labels of
// the two directions differ, so that no answer can be reflected. docs/formats/replication-wire.md.
#pragma once

#include <string>
#include <string_view>

#include "replication/wire.h"

namespace tandem::replication {

/// What both sides know of a connection that is being made.
struct Handshake {
  std::string account;
  std::string from;            ///< the sender's region
  std::string to;              ///< the receiver's
  std::string sender_nonce;    ///< kNonceBytes
  std::string receiver_nonce;  ///< kNonceBytes
};

/// Challenge::mac.
std::string receiver_mac(std::string_view secret, const Handshake& handshake);
/// Proof::mac; covers what else the proof says.
std::string sender_mac(std::string_view secret, const Handshake& handshake, const Proof& proof);
/// In time that does not depend on where they differ.
bool same_mac(std::string_view one, std::string_view other);

}  // namespace tandem::replication
