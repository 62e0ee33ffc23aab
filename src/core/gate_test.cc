#include "core/gate.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <string>

namespace tandem::core {
namespace {

/// What several guests did, a letter each.
struct Guests {
  asio::io_context loop;
  Gate gate{2};
  std::string did;
  TaskGroup group{loop.get_executor()};

  static Task<void> visit(Guests* self, char name) {
    const Gate::Place place = co_await self->gate.enter();
    self->did += name;
    co_await sleep_for(std::chrono::milliseconds(1));
    self->did += static_cast<char>(name - 'a' + 'A');
  }
  static Task<void> stop(Guests* self) { co_await self->group.stop(); }
};

TEST(Gate, LetsInAsManyAsItHasPlacesInTheirOrder) {
  Guests guests;
  for (const char name : {'a', 'b', 'c', 'd'}) {
    guests.group.spawn("guest", Guests::visit(&guests, name));
  }
  guests.loop.run();
  EXPECT_EQ(guests.did.substr(0, 2), "ab");
  EXPECT_LT(guests.did.find('A'), guests.did.find('c'));
  EXPECT_LT(guests.did.find('c'), guests.did.find('d'));
  EXPECT_LT(guests.did.find('B'), guests.did.find('d'));
  EXPECT_EQ(guests.did.size(), 8U);
  EXPECT_EQ(guests.gate.waiting(), 0U);
}

TEST(Gate, WhoeverStopsWaitingLeavesTheTurnToTheNext) {
  Guests guests;
  TaskGroup others(guests.loop.get_executor());
  for (const char name : {'a', 'b'}) others.spawn("guest", Guests::visit(&guests, name));
  for (const char name : {'c', 'd'}) guests.group.spawn("guest", Guests::visit(&guests, name));
  while (guests.gate.waiting() < 2) guests.loop.run_one();
  others.spawn("guest", Guests::visit(&guests, 'e'));
  asio::co_spawn(guests.loop, Guests::stop(&guests),
                 [](const std::exception_ptr& escaped) { EXPECT_FALSE(escaped); });
  while (guests.group.size() > 0) guests.loop.run_one();
  guests.loop.run();
  EXPECT_EQ(guests.gate.waiting(), 0U);
  EXPECT_EQ(guests.did.find_first_of("cd"), std::string::npos) << guests.did;
  EXPECT_EQ(guests.did.size(), 6U) << guests.did;
}

}  // namespace
}  // namespace tandem::core
