// How many TLS handshakes may be under way at once. Each takes about a hundred kilobytes of
// OpenSSL's and Asio's before anybody has proved to be more than a stranger, so there are places
// for a bounded number; whoever finds none waits, which costs no more than an open connection.
//
// A client on its way through a handshake needs milliseconds. One that has held its place for a
// while when others wait loses it. The place goes to who came last: in a crowd of clients that
// never go on, whoever means it is served within a second, and a crowd that means it is served
// whole either way. Refusing the newest instead would let a few hundred silent ones shut everybody
// out.
//
// Invariants:
//  - `inside_` is in order of entry, and inside_.size() + promised_ <= kPlaces.
//  - Nobody waits while there is a place.
//
// Private to net. Loop thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>

#include "core/clock.h"
#include "core/task.h"

namespace tandem::net {

class HandshakeRoom {
 public:
  static constexpr std::size_t kPlaces = 256;
  /// For this long a place is its holder's, whatever happens.
  static constexpr std::chrono::milliseconds kPatience{1'000};

  class Guest {
   public:
    virtual ~Guest() = default;
    /// Lost its place: whatever it waits for is to fail.
    virtual void turn_out() = 0;
    /// Its deadline has passed, or it had to go for another reason.
    virtual bool lost() const = 0;
  };

  /// Holds a guest's place from enter() on; gives it back when destroyed. Borrows both.
  class Place {
   public:
    Place(HandshakeRoom& room, Guest& guest) : room_(room), guest_(guest) {}
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    /// Returns once there is a place; false when the guest was lost meanwhile.
    Task<bool> enter();

   private:
    friend class HandshakeRoom;
    HandshakeRoom& room_;
    Guest& guest_;
    bool inside_ = false;
    std::int64_t since_ns_ = 0;
    std::list<Place*>::iterator position_;
  };

  std::size_t inside() const { return inside_.size(); }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Waiter;
  bool full() const { return inside_.size() + promised_ >= kPlaces; }
  void admit(Place& place);
  void leave(Place& place);
  /// Promises free places to those who wait.
  void hand_over();
  /// Everybody who has been inside for kPatience.
  void turn_out_slow();
  std::chrono::nanoseconds until_oldest_is_slow() const;

  core::SystemClock clock_;
  std::list<Place*> inside_;
  std::list<Waiter*> waiting_;  ///< who came last is the last
  std::size_t promised_ = 0;
};

}  // namespace tandem::net
