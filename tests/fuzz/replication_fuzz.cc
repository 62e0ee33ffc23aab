// Any bytes as a replication message or a stored record: the decoders stay within them, and what
// decodes encodes to the same bytes.
//
// sources: src/core/check.cc src/replication/record.cc src/replication/wire.cc
// sources: src/replication/group.cc
#include <cstdint>
#include <string_view>

#include "core/check.h"
#include "replication/record.h"
#include "replication/wire.h"

using namespace tandem::replication;  // NOLINT: one file

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto message = decode(bytes);
  if (message.ok()) CHECK(encode(message.value()).size() <= size);
  if (message.ok()) CHECK(decode(encode(message.value())).ok());
  if (const auto record = parse_record(bytes)) {
    std::string again(record->item);
    append_trailer(again, record->version, record->liveness, record->marks);
    CHECK(again == bytes);
    if (record->marks) {
      const auto marks = Marks::decode(*record->marks);
      if (marks) CHECK(marks->encode("") == *record->marks);
    }
  }
  return 0;
}
