#include "tests/sim/world.h"

#include <algorithm>
#include <fmt/format.h>
#include <tuple>

#include "replication/record.h"

namespace tandem::sim {

using replication::Group;
using replication::Member;
using replication::MemberState;

World::World(std::uint64_t seed, Options options) : random_(seed), options_(options) {
  const std::vector<std::string> names{"eu-west-1", "us-east-1", "us-west-2", "ap-south-1",
                                       "sa-east-1"};
  for (int at = 0; at < options.regions; ++at) {
    std::vector<std::string> others(names.begin(), names.begin() + options.regions);
    others.erase(others.begin() + at);
    regions_.push_back(std::make_unique<Region>(names.at(at), others, random_));
    if (options.capacity > 0 && at > 0) {
      Region& region = *regions_.back();
      region.capacity = std::make_unique<Capacity>(region.clock, options.capacity);
      region.records().set_meter(region.capacity.get());
    }
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

/// Each region's table is its own: what is deleted there leaves no trace, so nothing is.
void World::begin_with_items() {
  for (const auto& region : regions_) {
    region->make_collection();
    region->bring_what_it_has();
  }
  group_ = regions_.front()->replicator().create_group(regions_.front()->collection, "todos",
                                                       "definition");
}

/// Whether a delete leaves a trace that reaches everybody.
bool World::knows_all(Region& region) {
  const Group* group = region.replicator().find_group(group_);
  if (group == nullptr || !region.is_member(group_)) return false;
  return std::all_of(regions_.begin(), regions_.end(), [&](const auto& one) {
    const Member* member = group->find(one->name);
    return member != nullptr && member->live();
  });
}

void World::join_members(double probability) {
  Region& founder = *regions_.front();
  if (!founder.running()) return;
  for (const auto& region : regions_) {
    const Group* group = founder.replicator().find_group(group_);
    if (region.get() == &founder || !chance(probability)) continue;
    const Member* member = group->find(region->name);
    if (member != nullptr && member->live()) continue;
    try {
      founder.replicator().add_member(group_, region->name);
    } catch (const store::StoreError&) {  // not acknowledged
    }
  }
}

void World::found_group() {
  if (options_.joins) return begin_with_items();
  Region& founder = *regions_.front();
  founder.make_collection();
  const auto prefilled = random_.below(static_cast<std::uint64_t>(options_.keys));
  for (std::uint64_t at = 0; at < prefilled; ++at) put_or_delete(founder);
  // What was deleted before anybody shared the table has left no tombstone: nobody can lose it.
  std::erase_if(writes_of_, [&](const auto& item) {
    return !founder.records().raw(founder.collection, item.first);
  });
  group_ = founder.replicator().create_group(founder.collection, "todos", "definition");
  if (options_.membership) return;
  for (const auto& region : regions_) {
    if (region.get() != &founder) founder.replicator().add_member(group_, region->name);
  }
}

std::string World::run() {
  found_group();
  for (int at = 0; at < options_.steps && failure_.empty(); ++at) step(true);
  heal();
  for (int at = 0; at < 60'000 && failure_.empty(); ++at) {
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
    if (options_.joins) join_members(0.003);
    write();
  }
  for (Link& link : links_) move_frames(link, !faults);
  if (options_.years) check_clocks();
  for (const auto& region : regions_) {
    if (!region->running()) {
      start(*region);
    } else if (chance(0.02)) {
      try {
        region->replicator().tick();
      } catch (const store::StoreError&) {  // the next tick tries again
      }
    }
  }
}

void World::write() {
  for (auto left = random_.below(4); left > 0; --left) {
    Region& region = any_region();
    // After a dissolution the last copy is out of the group: what is written there is its own, and
    // joins a group again with the next replica.
    if (region.serves()) put_or_delete(region);
  }
}

void World::put_or_delete(Region& region) {
  const std::string key =
      fmt::format("key-{}", random_.below(static_cast<std::uint64_t>(options_.keys)));
  replication::LocalWrite write{region.collection, key, std::nullopt};
  if (chance(0.7) || (options_.joins && !knows_all(region))) {
    write.item = fmt::format("{} by {}", ++writes_, region.name) +
                 std::string(random_.below(20) == 0 ? 8000 : 0, '.');
  }
  const bool deletes_nothing = !write.item && !region.records().get(region.collection, key);
  const auto item = write.item;
  if (!deletes_nothing) note_seen(region, key);
  try {
    region.records().write({std::move(write)});
  } catch (const store::StoreError&) {
    return;  // not acknowledged
  }
  if (deletes_nothing) return;
  note_written(region, key, region.records().clock().current());
  const Written written{region.records().clock().current(), region.name, item, {}};
  const auto [newest, first] = newest_.try_emplace(key, written);
  if (std::tie(written.time, written.region) >
      std::tie(newest->second.time, newest->second.region)) {
    newest->second = written;
  }
}

void World::close(Link& link) {
  // What was under way may still come, while the sender is connecting again.
  if (link.open() && !link.out.empty() && chance(0.5)) {
    link.ghost = std::move(link.receiver);
    link.late = std::move(link.out);
  }
  link.drop();
}

void World::move_frames(Link& link, bool prompt) {
  if (!link.from->running() || !link.to->running()) return;
  if (!link.open()) {
    if (link.cut || !chance(0.2)) return;
    link.sender =
        std::make_unique<replication::SenderSession>(link.from->replicator(), link.to->name);
    link.receiver = std::make_unique<replication::ReceiverSession>(link.to->replicator());
  }
  if (chance(0.05)) link.sender->tick();
  if (link.sender->expired(0) || link.receiver->expired()) return link.drop();
  if (link.silent) return;
  send_frames(link, prompt);
  if (link.open()) deliver(link, prompt);
  deliver_late(link);
}

void World::send_frames(Link& link, bool prompt) {
  try {
    while (prompt || chance(0.7)) {
      auto frame = link.sender->next();
      if (!frame) break;
      link.out.push_back({now_ + link.delay_steps, std::move(*frame)});
    }
  } catch (const store::StoreError&) {
    close(link);
  }
}

/// A failure closes the connection, as the transport does. No exception may come out of it: it
/// would leave the connection open and dead, with nobody who serves it.
void World::deliver(Link& link, bool prompt) {
  bool fails = false;
  try {
    while (!fails &&
           (link.receiver->waiting() || (!link.out.empty() && link.out.front().due <= now_))) {
      // One that waits for capacity reads nothing.
      const bool waited = link.receiver->waiting();
      auto outcome =
          waited ? link.receiver->proceed() : link.receiver->receive(link.out.front().bytes);
      if (!waited) link.out.pop_front();
      for (std::string& reply : outcome.replies) {
        link.back.push_back({now_ + link.delay_steps, std::move(reply)});
      }
      fails = !outcome.failure.empty();
      if (link.receiver->waiting()) break;
    }
    if (link.receiver->waiting() && chance(0.3)) {
      link.back.push_back({now_ + link.delay_steps, link.receiver->sign_of_life()});
    }
    if (prompt || chance(0.5)) {
      std::string ack = link.receiver->acknowledge();
      if (!ack.empty()) link.back.push_back({now_ + link.delay_steps, std::move(ack)});
    }
    while (!link.back.empty() && link.back.front().due <= now_) {
      const auto failure = link.sender->receive(link.back.front().bytes);
      link.back.pop_front();
      if (failure) return link.drop();
    }
  } catch (const store::StoreError& error) {
    failure_ = fmt::format("an exception left the link from {} to {}: {}", link.from->name,
                           link.to->name, error.message);
  }
  if (fails && link.back.empty()) link.drop();
}

void World::deliver_late(Link& link) {
  if (!link.ghost || !chance(0.3)) return;
  if (link.late.empty()) {
    link.ghost.reset();
    return;
  }
  try {
    const bool waited = link.ghost->waiting();
    const auto outcome =
        waited ? link.ghost->proceed() : link.ghost->receive(link.late.front().bytes);
    if (!waited) link.late.pop_front();
    if (!outcome.failure.empty()) link.late.clear();
  } catch (const store::StoreError&) {
    link.late.clear();
  }
}

/// Everything is put right, as an operator would, and what is held anywhere by now is what every
/// copy must end with.
void World::heal() {
  for (Link& link : links_) {
    link.cut = false;
    link.delay_steps = 0;
    link.ghost.reset();
    if (options_.losses || options_.refusals || options_.years) link.drop();
  }
  for (const auto& region : regions_) {
    region->store().heal();
    if (options_.years) region->clock.skew_us = 0;
    start(*region);
    if (!region->running()) {
      failure_ = region->name + " does not start";
      return;
    }
    if (region->records().clock().ahead_us() > region->records().max_drift_us()) {
      region->replicator().restamp();
    }
  }
  if (options_.joins) join_members(1);
  if (options_.losses || options_.refusals || options_.years) hold();
}

void World::hold() {
  // Where no store loses anything, what was acknowledged counts as well: it must be held.
  if (options_.losses || options_.years) newest_.clear();
  for (const auto& region : regions_) {
    // A copy that is still being filled holds what it has got.
    if (region->collection == 0) continue;
    region->records().visit_raw(
        region->collection, {}, [&](std::string_view key, std::string_view bytes) {
          const auto record = replication::parse_record(bytes);
          Written found{
              record->version.time, std::string(record->version.region), std::nullopt, {}};
          if (!record->is_tombstone()) found.item = record->item;
          Written& newest = newest_[std::string(key)];
          if (found.item) newest.or_else.insert(*found.item);
          if (std::tie(found.time, found.region) > std::tie(newest.time, newest.region)) {
            found.or_else = std::move(newest.or_else);
            newest = std::move(found);
          }
          return true;
        });
  }
}

bool World::settled() {
  for (Link& link : links_) {
    if (!link.open() || link.sender->in_flight() > 0 || !link.out.empty()) return false;
  }
  return verdict().empty();
}

Region& World::reference() {
  for (const auto& region : regions_) {
    if (region->serves()) return *region;
  }
  return *regions_.front();
}

std::string World::verdict() {
  for (const auto& region : regions_) {
    std::string wrong = compare(*region);
    if (!wrong.empty()) return region->name + ": " + wrong;
  }
  return {};
}

namespace {

/// What a region knows of the group's members, for messages.
std::string describe(Region& region, const std::string& group) {
  std::string text = fmt::format("collection {}", region.collection);
  const Group* found = region.replicator().find_group(group);
  if (found == nullptr) return text + ", no group";
  for (const auto& [name, member] : found->members) {
    text += fmt::format(", {} in state {} by {} at {}", name, static_cast<int>(member.state),
                        member.changed_by, member.changed);
  }
  return text;
}

}  // namespace

std::string World::compare(Region& region) {
  if (std::string wrong = compare_clock(region); !wrong.empty()) return wrong;
  Region& other = reference();
  const Group* group = other.replicator().find_group(group_);
  const Member* there = group == nullptr ? nullptr : group->find(region.name);
  const bool expected = &region == &other || (there != nullptr && there->live());
  const bool member = &region == &other || region.is_member(group_);
  if (member != expected) {
    return fmt::format("membership unsettled: {} knows {}; {} knows {}", other.name,
                       describe(other, group_), region.name, describe(region, group_));
  }
  if (!member) {
    // A copy that was lost with its store is no member's until somebody adds it again.
    return region.collection == 0 || options_.losses ? "" : "holds a copy without being a member";
  }
  if (!region.serves()) {
    return fmt::format("not active in {}'s eyes: {}", region.name, describe(region, group_));
  }
  return compare_items(region);
}

std::string World::compare_items(Region& region) {
  std::int64_t items = 0;
  for (auto at = region.records().cursor(region.collection); at.valid(); at.next()) {
    ++items;
    const std::string key(at.key());
    if (!newest_.contains(key)) return key + " is what nobody wrote";
    if (reference().records().get(reference().collection, key) != std::string(at.item())) {
      return fmt::format("{} differs from {}'s", key, reference().name);
    }
  }
  std::int64_t expected = 0;
  for (auto at = reference().records().cursor(reference().collection); at.valid(); at.next()) {
    ++expected;
  }
  if (items != expected) return fmt::format("{} items, {} expected", items, expected);
  for (const auto& [key, written] : newest_) {
    const auto item = region.records().get(region.collection, key);
    if (item == written.item) continue;
    // Deleted where the delete is known no more, and held where the delete never came.
    if (options_.losses && !written.item && item && written.or_else.contains(*item)) continue;
    return fmt::format("{} is \"{}\", newest is \"{}\"", key, item.value_or("(none)").substr(0, 40),
                       written.item.value_or("(none)").substr(0, 40));
  }
  if (region.records().statistics(region.collection).items != items) return "statistics differ";
  const replication::Log& log = region.records().log();
  if (log.trimmed() != log.end()) {
    std::string why = fmt::format("log of {} trimmed up to {}", log.end(), log.trimmed());
    for (const auto& [name, peer] : region.replicator().peers()) {
      why += fmt::format(", {} acknowledged {}{}{}", name, peer.acknowledged,
                         peer.connected ? "" : ", not connected",
                         peer.refusal ? ", refuses: " + peer.refusal->reason : "");
    }
    return why;
  }
  if (region.records().count_tombstones(region.collection) > 0) return "tombstones left";
  for (const std::string& peer : region.peers) {
    if (region.replicator().snapshots_owed(peer) > 0) return "snapshots owed to " + peer;
  }
  return compare_lost(region);
}

/// At no time does a region that was never wrong itself follow one that is.
void World::check_clocks() {
  for (const auto& region : regions_) {
    if (!region->running() || region->misled) continue;
    if (std::string wrong = compare_clock(*region); !wrong.empty()) {
      failure_ = region->name + ": " + wrong;
    }
  }
}

/// No clock follows one that was wrong by more than the bound.
std::string World::compare_clock(Region& region) {
  constexpr std::int64_t kSlackUs = 60'000'000;
  const std::int64_t ahead_us =
      replication::wall_us(region.records().clock().current()) - region.clock.true_us;
  if (ahead_us <= region.records().max_drift_us() + kSlackUs) return {};
  return fmt::format("its clock is {} s ahead of true time", ahead_us / 1'000'000);
}

}  // namespace tandem::sim
