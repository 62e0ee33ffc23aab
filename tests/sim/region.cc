#include <algorithm>

#include "store/store.h"
#include "tests/sim/world.h"

namespace tandem::sim {
namespace {

using replication::Group;
using replication::Member;
using replication::MemberState;

/// Where a region's catalogue keeps its table, beside the keys of replication.
constexpr std::string_view kTable = "h";

}  // namespace

Region::Region(std::string region, std::vector<std::string> others, core::Random& random)
    : name(std::move(region)), peers(std::move(others)), random_(random) {
  start();
}

void Region::start() {
  replication::Replicator::Options options;
  options.region = name;
  options.account = "123456789012";
  options.secret = "the world's secret";
  // Leaving waits until everything has been sent.
  options.leave_timeout_ns = INT64_MAX / 2;
  auto started = std::make_unique<replication::Replicator>(options, clock, random_, store_);
  started->set_host(*this);
  started->records().set_meter(capacity.get());
  for (const std::string& peer : peers) started->add_peer(peer);
  replicator_ = std::move(started);
  collection = 0;
  if (const auto table = store_.get(kTable)) {
    state_ = static_cast<Table>(table->front());
    collection = static_cast<std::uint32_t>(std::stoul(table->substr(1)));
  }
  reconcile();
}

void Region::write_table(std::uint32_t number, Table state) {
  store_.put(kTable, static_cast<char>(state) + std::to_string(number));
  collection = number;
  state_ = state;
}

void Region::make_collection() { write_table(++last_collection_, Table::kOrdinary); }

std::optional<replication::Replicator::Replica> Region::create_replica(const Group&) {
  using Replica = replication::Replicator::Replica;
  if (collection != 0 && joins_) return Replica{collection, Replica::Holds::kItems};
  if (collection != 0) return std::nullopt;
  write_table(++last_collection_, Table::kCreating);
  return Replica{collection};
}

void Region::dropped(const Group&) { write_table(0, Table::kOrdinary); }

void Region::changed(const Group& group) {
  const Member* self = group.find(name);
  const bool active = self != nullptr && self->state == MemberState::kActive;
  if (active && state_ == Table::kCreating) write_table(collection, Table::kMember);
}

void Region::dissolved(const Group&) { write_table(collection, Table::kOrdinary); }

void Region::reconcile() {
  for (const auto& [id, local] : replicator_->groups()) {
    if (local.collection == 0) continue;
    if (local.collection != collection) write_table(local.collection, Table::kMember);
    changed(local.group);
    return;
  }
  // No group has the table: it was never filled, or it is the last copy.
  if (collection != 0 && state_ == Table::kCreating) write_table(0, Table::kOrdinary);
}

bool Region::is_member(const std::string& group) const {
  const Group* found = replicator_->find_group(group);
  const Member* self = found == nullptr ? nullptr : found->find(name);
  return collection != 0 && self != nullptr && self->live();
}

bool Region::serves() const {
  if (replicator_ == nullptr || collection == 0) return false;
  for (const auto& [id, local] : replicator_->groups()) {
    if (local.collection != collection) continue;
    const Member* self = local.group.find(name);
    return self != nullptr && self->state == MemberState::kActive;
  }
  return state_ != Table::kCreating;  // the last copy, an ordinary collection again
}

bool Capacity::admits(std::uint32_t, std::string_view) {
  fill();
  if (tokens_ > 0) return true;
  ++refused_;
  return false;
}

void Capacity::wrote(const replication::Change& change) {
  fill();
  if (change.origin != replication::Origin::kRestamp) tokens_ -= 1;
}

void Capacity::fill() {
  const std::int64_t now_ns = clock_.steady_ns();
  const double passed_s = static_cast<double>(now_ns - at_ns_) / 1e9;
  tokens_ = std::min(tokens_ + rate_ * passed_s, rate_);
  at_ns_ = now_ns;
}

void Link::drop() {
  sender.reset();
  receiver.reset();
  out.clear();
  back.clear();
  silent = false;
}

}  // namespace tandem::sim
