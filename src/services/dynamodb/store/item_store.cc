#include "services/dynamodb/store/item_store.h"

#include "core/check.h"
#include "replication/record_store.h"

namespace tandem::dynamodb {

static_assert(Previous::kUnknown == replication::kPreviousUnknown);
static_assert(Previous::kAbsent == replication::kPreviousAbsent);

ItemCursor::ItemCursor(std::unique_ptr<replication::RecordCursor> records)
    : records_(std::move(records)) {}
ItemCursor::~ItemCursor() = default;
ItemCursor::ItemCursor(ItemCursor&&) noexcept = default;
ItemCursor& ItemCursor::operator=(ItemCursor&&) noexcept = default;

bool ItemCursor::valid() const { return records_->valid(); }
std::string_view ItemCursor::key() const { return records_->key(); }
std::string_view ItemCursor::item() const { return records_->item(); }
void ItemCursor::next() { records_->next(); }

std::optional<std::string> ItemStore::get(const Table& table, std::string_view key) const {
  return records_.get(table.number, key);
}

void ItemStore::write(std::vector<ItemWrite> writes) {
  std::vector<replication::LocalWrite> changes;
  changes.reserve(writes.size());
  for (ItemWrite& write : writes) {
    CHECK(write.table != nullptr && !write.key.empty());
    changes.push_back({write.table->number, std::move(write.key), std::move(write.item),
                       write.previous.item_bytes});
  }
  records_.write(std::move(changes));
}

ItemCursor ItemStore::cursor(const Table& table, const ItemRange& range) const {
  const auto direction = range.direction == Direction::kForward
                             ? replication::RecordCursor::Direction::kForward
                             : replication::RecordCursor::Direction::kBackward;
  return ItemCursor(std::make_unique<replication::RecordCursor>(
      records_.cursor(table.number, range.begin, range.end, direction, range.exclusive_start)));
}

const std::string& ItemStore::region() const { return records_.region(); }

std::int64_t ItemStore::now_us() const { return replication::wall_us(records_.clock().at_wall(0)); }

TableStatistics ItemStore::statistics(const Table& table) const {
  const replication::Statistics found = records_.statistics(table.number);
  return {found.items, found.bytes};
}

}  // namespace tandem::dynamodb
