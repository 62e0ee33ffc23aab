// One page of a list, by key: what every list operation of every service is cut with.
//
// A list is offered in order of a key that is unique and that an item keeps while it lives. A token
// names a key and never a position. So whatever is made or deleted between two pages, no other item
// is hidden or shown twice; in particular the item a token names may be gone: the list goes on
// behind the place where it stood.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "aws/error.h"
#include "core/check.h"
#include "core/json.h"

namespace tandem::service {

/// Which item a token names: the last one of its page, or (Route 53) the first one of the next.
enum class TokenNames { kLastGiven, kNextToGive };

/// Decides of each item whether it is on the page. Before is the order items are offered in.
template <typename Key, typename Before = std::less<Key>>
class PageCut {
 public:
  /// token: absent for the first page.
  PageCut(std::optional<Key> token, std::size_t limit, TokenNames names = TokenNames::kLastGiven,
          Before before = {})
      : token_(std::move(token)), limit_(limit), names_(names), before_(std::move(before)) {}

  /// Calls take() when the item is on this page. False once the page is full and the item is the
  /// first one of the next: nothing further need be offered.
  template <typename Take>
  bool offer(const Key& key, Take&& take) {
    // A list out of order would lose items silently.
    CHECK(!offered_ || !before_(key, *offered_));
    offered_ = key;
    if (token_ && (before_(key, *token_) || (names_ == TokenNames::kLastGiven && key == *token_))) {
      return true;
    }
    if (count_ == limit_) {
      more_ = true;
      if (names_ == TokenNames::kNextToGive) edge_ = key;
      return false;
    }
    ++count_;
    if (names_ == TokenNames::kLastGiven) edge_ = key;
    std::forward<Take>(take)();
    return true;
  }

  bool more() const { return more_; }
  std::size_t count() const { return count_; }
  /// What the next page's token names; meaningful when there is more.
  const Key& edge() const { return edge_; }

 private:
  std::optional<Key> token_;
  std::size_t limit_;
  TokenNames names_;
  Before before_;
  std::optional<Key> offered_;
  Key edge_{};
  std::size_t count_ = 0;
  bool more_ = false;
};

/// How a service spells its pages: names of members, and the bounds of a page. A service has one.
struct PageStyle {
  enum class Token {
    kOpaque,  ///< base64 of the list's member and order, and the key
    kKey,     ///< the key itself
  };
  std::string_view token;           ///< of the input
  std::string_view next;            ///< of the output
  std::string_view limit;           ///< of the input; empty: the caller has no say
  std::int64_t usual = 50;          ///< items on a page when the caller says nothing
  std::int64_t most = INT64_MAX;    ///< what a greater limit is taken for
  std::string_view truncated = {};  ///< of the output, a boolean; empty: there is none
  Token form = Token::kOpaque;
  aws::ApiError (*invalid)() = nullptr;  ///< for a token that is none; always given with kOpaque
};

/// A page of a document list, spelled in a service's style.
class Page {
 public:
  enum class Order { kAscending, kDescending };

  /// member: the output member that holds the list. Throws style.invalid() for what is no token.
  Page(const PageStyle& style, const json::object& input, std::string_view member,
       Order order = Order::kAscending);

  /// Keys up to this one (in the list's order) are not on this page, so that a store need not read
  /// them; empty for the first page.
  const std::string& after() const { return after_; }

  /// render() makes the item's value and is called for items of this page only. False once nothing
  /// more will be taken.
  template <typename Render>
  bool add(std::string_view key, Render&& render) {
    return cut_.offer(std::string(key),
                      [&] { items_.emplace_back(std::forward<Render>(render)()); });
  }

  /// {member: items}, and the next token when there is more.
  json::object finish() &&;

 private:
  using Before = std::function<bool(const std::string&, const std::string&)>;

  const PageStyle& style_;
  std::string_view member_;
  std::string list_;  ///< what its tokens begin with
  std::string after_;
  PageCut<std::string, Before> cut_;
  json::array items_;
};

/// A number as part of a key: texts of it order as the numbers do. Not negative.
std::string sortable(std::int64_t number);

}  // namespace tandem::service
