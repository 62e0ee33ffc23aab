#include "tests/sim/world.h"

#include <algorithm>
#include <fmt/format.h>
#include <tuple>

#include "store/engines.h"

namespace tandem::sim {

using replication::Group;
using replication::MemberState;

Region::Region(std::string region, std::vector<std::string> others, core::Random& random)
    : name(std::move(region)),
      peers(std::move(others)),
      random_(random),
      store_(store::make_memory_store()) {
  start();
}

void Region::start() {
  replication::Replicator::Options options{name, "123456789012", peers};
  replicator_ = std::make_unique<replication::Replicator>(options, clock, random_, *store_);
  replicator_->set_host(*this);
}

std::optional<std::uint32_t> Region::create_replica(const Group& of) {
  collection = ++last_collection_;
  group = of.id;
  return collection;
}

void Region::leaving(const Group&) {}
void Region::dropped(const Group&) { collection = 0; }
void Region::changed(const Group&) {}
void Region::dissolved(const Group&) { group.clear(); }

bool Region::serves() const {
  if (collection == 0) return false;
  const Group* found = replicator_->find_group(group);
  if (found == nullptr) return true;  // the last copy, an ordinary collection again
  const replication::Member* self = found->find(name);
  return self != nullptr && self->state == MemberState::kActive;
}

void Link::drop() {
  sender.reset();
  receiver.reset();
  out.clear();
  back.clear();
}

World::World(std::uint64_t seed, Options options) : random_(seed), options_(options) {
  const std::vector<std::string> names{"eu-west-1", "us-east-1", "us-west-2"};
  for (int at = 0; at < options.regions; ++at) {
    std::vector<std::string> others(names.begin(), names.begin() + options.regions);
    others.erase(others.begin() + at);
    regions_.push_back(std::make_unique<Region>(names.at(at), others, random_));
  }
  for (const auto& from : regions_) {
    for (const auto& to : regions_) {
      if (from == to) continue;
      links_.emplace_back();
      links_.back().from = from.get();
      links_.back().to = to.get();
    }
  }
}

void World::found_group() {
  Region& founder = *regions_.front();
  founder.collection = *founder.create_replica(Group{});
  const auto prefilled = random_.below(static_cast<std::uint64_t>(options_.keys));
  for (std::uint64_t at = 0; at < prefilled; ++at) put_or_delete(founder);
  group_ = founder.replicator().create_group(founder.collection, "todos", "definition");
  founder.group = group_;
  if (options_.membership) return;
  for (const auto& region : regions_) {
    if (region.get() != &founder) founder.replicator().add_member(group_, region->name);
  }
}

std::string World::run() {
  found_group();
  for (int at = 0; at < options_.steps && failure_.empty(); ++at) step(true);
  heal();
  for (int at = 0; at < 40'000 && failure_.empty(); ++at) {
    step(false);
    if (at % 64 == 0 && settled()) break;
  }
  return failure_.empty() ? verdict() : failure_;
}

void World::step(bool faults) {
  ++now_;
  const auto passed = static_cast<std::int64_t>(random_.below(2000));
  for (const auto& region : regions_) region->clock.true_us += passed;
  if (faults) {
    inject_faults();
    write();
  }
  for (Link& link : links_) move_frames(link, !faults);
  for (const auto& region : regions_) {
    if (chance(0.02)) region->replicator().tick();
  }
}

void World::inject_faults() {
  for (Link& link : links_) {
    if (chance(0.003)) link.cut = true;
    if (chance(0.01)) link.cut = false;
    if (chance(0.01)) link.delay_steps = static_cast<int>(random_.below(30));
    if (link.cut || chance(0.004)) link.drop();
  }
  if (chance(0.002)) {
    const bool cut = chance(0.5);
    const Region& isolated = any_region();
    for (Link& link : links_) {
      if (link.from == &isolated || link.to == &isolated) link.cut = cut;
    }
  }
  if (chance(0.004)) crash(any_region());
  if (chance(0.005)) {
    any_region().clock.skew_us = static_cast<std::int64_t>(random_.below(10'000'000)) - 5'000'000;
  }
  if (options_.membership && chance(0.01)) change_members();
}

/// The first region always stays, so that no copy is dropped before another is complete.
void World::change_members() {
  Region& actor = any_region();
  if (!actor.serves() || actor.replicator().find_group(group_) == nullptr) return;
  const Group before = *actor.replicator().find_group(group_);
  const Region& other = any_region();
  if (&other == &actor || &other == regions_.front().get()) return;
  const replication::Member* member = before.find(other.name);
  if (member == nullptr || !member->live()) {
    actor.replicator().add_member(group_, other.name);
  } else if (member->state == MemberState::kActive && chance(0.3)) {
    actor.replicator().remove_member(group_, other.name);
  }
}

void World::crash(Region& region) {
  for (Link& link : links_) {
    if (link.from == &region || link.to == &region) link.drop();
  }
  region.crash();
  region.clock.skew_us += static_cast<std::int64_t>(random_.below(4'000'000)) - 2'000'000;
  region.start();
}

void World::write() {
  for (auto left = random_.below(4); left > 0; --left) {
    Region& region = any_region();
    // After a dissolution the last copy is out of the group: what is written there is the
    // founder's alone, and joins a group again with the next replica.
    if (region.serves()) put_or_delete(region);
  }
}

void World::put_or_delete(Region& region) {
  const std::string key =
      fmt::format("key-{}", random_.below(static_cast<std::uint64_t>(options_.keys)));
  replication::LocalWrite write{region.collection, key, std::nullopt};
  if (chance(0.7)) {
    write.item = fmt::format("{} by {}", ++writes_, region.name) +
                 std::string(random_.below(20) == 0 ? 8000 : 0, '.');
  }
  const bool deletes_nothing = !write.item && !region.records().get(region.collection, key);
  const auto item = write.item;
  region.records().write({std::move(write)});
  if (deletes_nothing) return;
  const Written written{region.records().clock().current(), region.name, item};
  const auto [newest, first] = newest_.try_emplace(key, written);
  if (std::tie(written.time, written.region) >
      std::tie(newest->second.time, newest->second.region)) {
    newest->second = written;
  }
}

void World::move_frames(Link& link, bool prompt) {
  if (!link.open()) {
    if (link.cut || !chance(0.2)) return;
    link.sender =
        std::make_unique<replication::SenderSession>(link.from->replicator(), link.to->name);
    link.receiver = std::make_unique<replication::ReceiverSession>(link.to->replicator());
  }
  if (chance(0.05)) link.sender->tick();
  while (prompt || chance(0.7)) {
    auto frame = link.sender->next();
    if (!frame) break;
    link.out.push_back({now_ + link.delay_steps, std::move(*frame)});
  }
  deliver(link, prompt);
}

void World::deliver(Link& link, bool prompt) {
  while (!link.out.empty() && link.out.front().due <= now_) {
    auto outcome = link.receiver->receive(link.out.front().bytes);
    link.out.pop_front();
    for (std::string& reply : outcome.replies) {
      link.back.push_back({now_ + link.delay_steps, std::move(reply)});
    }
    if (!outcome.failure.empty()) failure_ = "receiver: " + outcome.failure;
  }
  if (prompt || chance(0.5)) {
    std::string ack = link.receiver->acknowledge();
    if (!ack.empty()) link.back.push_back({now_ + link.delay_steps, std::move(ack)});
  }
  while (!link.back.empty() && link.back.front().due <= now_) {
    const auto failure = link.sender->receive(link.back.front().bytes);
    link.back.pop_front();
    if (failure) failure_ = "sender: " + *failure;
  }
}

void World::heal() {
  for (Link& link : links_) {
    link.cut = false;
    link.delay_steps = 0;
  }
}

bool World::settled() {
  for (Link& link : links_) {
    if (!link.open() || link.sender->in_flight() > 0 || !link.out.empty()) return false;
  }
  return verdict().empty();
}

std::string World::verdict() {
  for (const auto& region : regions_) {
    std::string wrong = compare(*region);
    if (!wrong.empty()) return region->name + ": " + wrong;
  }
  return {};
}

std::string World::compare(Region& region) {
  const Group* group = region.replicator().find_group(region.group);
  const replication::Member* self = group == nullptr ? nullptr : group->find(region.name);
  const bool founder = &region == regions_.front().get();
  const bool member = founder || (self != nullptr && self->live());
  const Group* founders = regions_.front()->replicator().find_group(regions_.front()->group);
  const replication::Member* there = founders == nullptr ? nullptr : founders->find(region.name);
  if (!founder && member != (there != nullptr && there->live())) return "membership unsettled";
  if (!member) return region.collection == 0 ? "" : "holds a copy without being a member";
  if (!region.serves()) return "not active";
  std::int64_t items = 0;
  for (auto at = region.records().cursor(region.collection); at.valid(); at.next()) ++items;
  std::int64_t expected = 0;
  for (const auto& [key, written] : newest_) {
    const auto item = region.records().get(region.collection, key);
    expected += written.item ? 1 : 0;
    if (item == written.item) continue;
    return fmt::format("{} is \"{}\", newest is \"{}\"", key, item.value_or("(none)").substr(0, 40),
                       written.item.value_or("(none)").substr(0, 40));
  }
  if (items != expected) return fmt::format("{} items, {} expected", items, expected);
  if (region.records().statistics(region.collection).items != items) return "statistics differ";
  const replication::Log& log = region.records().log();
  if (log.trimmed() != log.end()) return "log not trimmed";
  if (region.records().count_tombstones(region.collection) > 0) return "tombstones left";
  return {};
}

}  // namespace tandem::sim
