// Any bytes as what comes from inside a build's room: its first process's messages, what shells
// report, and its /etc/passwd and /etc/group.
// clang-format off
// sources: src/core/check.cc src/core/bytes.cc src/core/text.cc src/core/files.cc src/sandbox/room_wire.cc src/sandbox/room_accounts.cc
// clang-format on
#include <cstdint>
#include <string>
#include <string_view>

#include "core/check.h"
#include "sandbox/room_accounts.h"
#include "sandbox/room_wire.h"

using namespace tandem::sandbox;  // NOLINT: one file

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t half = size / 2;

  RoomReader reader;
  reader.add(bytes.substr(0, half));
  std::string again;
  for (const std::string_view part : {bytes.substr(half), std::string_view()}) {
    while (const auto message = reader.next()) {
      again += message->text();
      // What a shell is told to be is quoted, whatever it is.
      const Variables variables = message->variables(0);
      CHECK(command_script(again, variables, "/r", "m").find(quote_for_shell(again)) !=
            std::string::npos);
      (void)parse_report(message->fields, 1);
    }
    reader.add(part);
  }
  CHECK(bytes.starts_with(again));

  std::string held;
  for (const std::string_view part : {bytes.substr(0, half), bytes.substr(half)}) {
    held += part;
    if (const auto fields = take_report(held, "m")) {
      CHECK(fields->back().empty());
      if (const auto report = parse_report(*fields, 0)) CHECK(report->code <= 255);
    }
  }
  (void)find_account("root", bytes.substr(0, half), bytes.substr(half));
  CHECK(quote_for_shell(bytes).size() >= size + 2);
  return 0;
}
