#include "replication/receiver.h"

namespace tandem::replication {
namespace {

ReceiverSession::Outcome refuse(std::string reason) {
  return {{encode(Refusal{reason})}, std::move(reason)};
}

}  // namespace

ReceiverSession::Outcome ReceiverSession::receive(std::string_view frame) {
  const auto message = decode(frame);
  if (!message) return refuse(message.error().message);
  if (const auto* hello = std::get_if<Hello>(&message.value())) return greet(*hello);
  if (region_.empty()) return refuse("out of order");
  if (replicator_.find_peer(region_)->receiver != generation_) {
    return refuse("replaced by a newer connection");
  }
  return apply(message.value());
}

ReceiverSession::Outcome ReceiverSession::greet(const Hello& hello) {
  const Replicator::Options& self = replicator_.options();
  if (!region_.empty()) return refuse("out of order");
  if (hello.account != self.account) return refuse("another account");
  if (hello.to != self.region) return refuse("this is " + self.region);
  if (replicator_.find_peer(hello.from) == nullptr) return refuse("unknown region");
  const std::uint64_t position = replicator_.welcome(hello.from, hello);
  region_ = hello.from;
  generation_ = replicator_.find_peer(region_)->receiver;
  return {{encode(Welcome{position})}, {}};
}

ReceiverSession::Outcome ReceiverSession::apply(const Message& message) {
  Outcome outcome;
  if (const auto* batch = std::get_if<Batch>(&message)) {
    if (!replicator_.receive_batch(region_, *batch)) return refuse("gap in the log");
  } else if (const auto* fill = std::get_if<Fill>(&message)) {
    replicator_.receive_fill(region_, *fill);
  } else if (const auto* state = std::get_if<GroupState>(&message)) {
    if (replicator_.receive_group(state->group)) {
      const Member* self = state->group.find(replicator_.options().region);
      outcome.replies.push_back(encode(NotMember{state->group.id, self->joined}));
    }
  } else {
    return refuse("unexpected message");
  }
  ++received_;
  return outcome;
}

std::string ReceiverSession::acknowledge() {
  if (received_ == acknowledged_) return {};
  acknowledged_ = received_;
  return encode(Ack{received_});
}

}  // namespace tandem::replication
