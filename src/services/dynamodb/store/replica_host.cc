#include "services/dynamodb/store/replica_host.h"

#include <boost/asio/redirect_error.hpp>

#include "aws/arn.h"
#include "core/ids.h"

namespace tandem::dynamodb {

using replication::Group;
using replication::MemberState;

std::string table_arn(const service::Environment& environment, std::string_view name) {
  return aws::make_arn("dynamodb", environment.region, environment.account(),
                       "table/" + std::string(name));
}

std::string stream_label(const core::Clock& clock) {
  std::string label = core::iso8601_ms(clock.now_ms());
  label.pop_back();  // the Z
  return label;
}

bool may_be_joined(const Table& here, const Table& wanted) {
  return here.status == TableStatus::kActive && !here.replicated() && here.hash == wanted.hash &&
         here.range == wanted.range && here.stream_view == wanted.stream_view;
}

ReplicaHost::ReplicaHost(service::Environment& environment, TableCatalog& tables,
                         replication::Replicator& replicator)
    : environment_(environment),
      tables_(tables),
      replicator_(replicator),
      changed_(environment.executor, core::kNever) {
  replicator.set_host(*this);
  reconcile();
}

void ReplicaHost::reconcile() {
  for (const Table* table : tables_.list("", SIZE_MAX)) {
    const auto& groups = replicator_.groups();
    const auto local = groups.find(table->group);
    const bool held = local != groups.end() && local->second.collection == table->number;
    if (table->replicated() && held) continue;
    const bool half_made = table->status == TableStatus::kCreating;
    // One that was joined is never removed with its group: it is let go.
    const bool half_gone = table->status == TableStatus::kDeleting ||
                           (table->replicated() && local != groups.end() && !table->legacy);
    if (half_made || half_gone) {
      remove_table(*table);
    } else if (table->replicated()) {
      Table ordinary = *table;
      ordinary.group.clear();
      ordinary.legacy = false;
      tables_.update(std::move(ordinary));
    }
  }
  for (const auto& [id, local] : replicator_.groups()) {
    const Table* table = tables_.find_number(local.collection);
    if (table == nullptr) continue;
    if (table->group != id) {
      Table member = *table;
      member.group = id;
      tables_.update(std::move(member));
    }
    const replication::Member* self = local.group.find(environment_.region);
    if (self != nullptr && self->state == MemberState::kDeleting && !joins(local.group)) {
      leaving(local.group);
    } else {
      changed(local.group);
    }
  }
}

std::optional<replication::Replicator::Replica> ReplicaHost::create_replica(const Group& group) {
  using Replica = replication::Replicator::Replica;
  const Table* here = tables_.find(group.name);
  Table table;
  table.name = group.name;
  if (!table.apply_definition(group.definition)) return std::nullopt;
  if (table.legacy) {
    // As it is: should the process end before the group is stored, it must find its own table.
    if (here == nullptr || !may_be_joined(*here, table)) return std::nullopt;
    return Replica{here->number, Replica::Holds::kItems};
  }
  if (here != nullptr) return std::nullopt;
  table.id = core::uuid4(environment_.random);
  table.arn = table_arn(environment_, group.name);
  table.status = TableStatus::kCreating;
  table.created_s = environment_.clock.now_seconds();
  if (table.billing == BillingMode::kPayPerRequest) table.billing_changed_s = table.created_s;
  if (!table.stream_view.empty()) table.stream_label = stream_label(environment_.clock);
  table.group = group.id;
  return Replica{tables_.add(std::move(table)).number};
}

bool ReplicaHost::joins(const Group& group) const {
  Table shared;
  return shared.apply_definition(group.definition) && shared.legacy;
}

bool ReplicaHost::may_leave(const Group& group) {
  const Table* table = tables_.find_group(group.id);
  // One that was joined is not deleted when it leaves.
  return table == nullptr || table->legacy || !table->deletion_protection;
}

void ReplicaHost::leaving(const Group& group) {
  const Table* found = tables_.find_group(group.id);
  if (found == nullptr) return;
  Table table = *found;
  table.status = TableStatus::kDeleting;
  tables_.update(std::move(table));
}

void ReplicaHost::dropped(const Group& group) {
  const Table* table = tables_.find_group(group.id);
  if (table != nullptr) tables_.remove(table->name);
  announce();
}

void ReplicaHost::changed(const Group& group) {
  announce();
  const Table* found = tables_.find_group(group.id);
  if (found == nullptr) {
    const auto local = replicator_.groups().find(group.id);
    found = local == replicator_.groups().end() ? nullptr
                                                : tables_.find_number(local->second.collection);
  }
  if (found == nullptr) return;
  Table table = *found;
  table.group = group.id;
  const replication::Member* self = group.find(environment_.region);
  if (self != nullptr && self->state == MemberState::kActive) table.status = TableStatus::kActive;
  const std::string before = table.stream_view;
  table.apply_definition(group.definition);
  if (table.stream_view != before) table.stream_label = stream_label(environment_.clock);
  if (table.to_document() != found->to_document()) tables_.update(std::move(table));
}

void ReplicaHost::dissolved(const Group& group) {
  announce();
  const Table* found = tables_.find_group(group.id);
  if (found == nullptr) return;
  Table table = *found;
  table.group.clear();
  table.legacy = false;
  tables_.update(std::move(table));
}

void ReplicaHost::remove_table(const Table& table) {
  if (table.status != TableStatus::kDeleting) {
    // Should the process end half-way, the next one finishes what is marked.
    Table marked = table;
    marked.status = TableStatus::kDeleting;
    tables_.update(std::move(marked));
  }
  replicator_.records().erase_collection(table.number);
  tables_.remove(std::string(table.name));
}

Task<void> ReplicaHost::wait_for_change(std::chrono::milliseconds limit) {
  changed_.expires_after(limit);
  boost::system::error_code ignored;
  co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

void ReplicaHost::announce() { changed_.cancel(); }

}  // namespace tandem::dynamodb
