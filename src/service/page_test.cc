#include "service/page.h"

#include <gtest/gtest.h>
#include <set>
#include <vector>

namespace tandem::service {
namespace {

constexpr PageStyle kStyle{
    .token = "Marker",
    .next = "NextMarker",
    .limit = "MaxItems",
    .usual = 3,
    .most = 4,
    .truncated = "IsTruncated",
    .invalid = [] { return aws::ApiError::validation_exception("no token"); }};

using Keys = std::set<std::string>;

json::object page_of(const Keys& keys, const json::object& input, const PageStyle& style = kStyle) {
  Page page(style, input, "Names");
  for (const std::string& key : keys) {
    if (!page.add(key, [&] { return json::value(json::string_view(key)); })) break;
  }
  return std::move(page).finish();
}

std::string names(const json::object& page) {
  std::string all;
  for (const json::value& name : page.at("Names").as_array()) all += json::to_std(name);
  return all;
}

/// All pages, with what happens to the keys after each.
std::string walk(Keys keys, json::object input, const std::function<void(Keys&)>& between) {
  std::string seen;
  for (int pages = 0; pages < 20; ++pages) {
    const json::object output = page_of(keys, input);
    seen += names(output);
    if (!output.contains("NextMarker")) return seen;
    seen += '|';
    input["Marker"] = output.at("NextMarker");
    between(keys);
  }
  return "endless";
}

TEST(Page, GoesOnBehindWhatTheTokenNames) {
  EXPECT_EQ(walk({"a", "b", "c", "d", "e"}, {{"MaxItems", 2}}, [](Keys&) {}), "ab|cd|e");
  EXPECT_EQ(walk({"a", "b", "c", "d"}, {{"MaxItems", 2}}, [](Keys&) {}), "ab|cd");
  EXPECT_EQ(walk({}, {}, [](Keys&) {}), "");
}

TEST(Page, SkipsOverWhatWasDeletedAndShowsNothingTwice) {
  EXPECT_EQ(walk({"a", "b", "c", "d", "e"}, {{"MaxItems", 2}},
                 [](Keys& keys) {
                   keys.erase("b");
                   keys.erase("c");
                 }),
            "ab|de");
  EXPECT_EQ(walk({"b", "d", "f"}, {{"MaxItems", 1}},
                 [](Keys& keys) {
                   keys.insert({"a", "c"});
                 }),
            "b|c|d|f");
}

TEST(Page, KeepsToItsBounds) {
  const Keys keys = {"a", "b", "c", "d", "e", "f"};
  EXPECT_EQ(names(page_of(keys, {})), "abc");
  EXPECT_EQ(names(page_of(keys, {{"MaxItems", 100}})), "abcd");
  EXPECT_EQ(page_of(keys, {}).at("IsTruncated"), true);
  EXPECT_EQ(page_of({"a"}, {}).at("IsTruncated"), false);
}

TEST(Page, RefusesWhatIsNoToken) {
  EXPECT_THROW(page_of({"a"}, {{"Marker", "!"}}), aws::ApiError);
  // "eA==" is base64.
  EXPECT_THROW(page_of({"a"}, {{"Marker", "eA=="}}), aws::ApiError);
  EXPECT_EQ(names(page_of({"a"}, {{"Marker", ""}})), "a");
}

TEST(Page, RefusesTheTokenOfAnotherListOrOrder) {
  Page other(kStyle, {{"MaxItems", 1}}, "Others");
  for (const char* key : {"a", "b"}) other.add(key, [&] { return key; });
  const json::value token = std::move(other).finish().at("NextMarker");
  EXPECT_NO_THROW(Page(kStyle, {{"Marker", token}}, "Others"));
  EXPECT_THROW(Page(kStyle, {{"Marker", token}}, "Names"), aws::ApiError);
  EXPECT_THROW(Page(kStyle, {{"Marker", token}}, "Others", Page::Order::kDescending),
               aws::ApiError);
}

TEST(Page, MayNameItsKeyPlainly) {
  PageStyle plain = kStyle;
  plain.form = PageStyle::Token::kKey;
  const json::object first = page_of({"a", "b", "c", "d"}, {{"MaxItems", 2}}, plain);
  EXPECT_EQ(first.at("NextMarker"), "b");
  EXPECT_EQ(names(page_of({"a", "b", "c", "d"}, {{"Marker", "bb"}}, plain)), "cd");
}

TEST(Page, ReadsNewestFirst) {
  json::object input = {{"MaxItems", 2}};
  std::string seen;
  for (int pages = 0; pages < 3; ++pages) {
    Page page(kStyle, input, "Names", Page::Order::kDescending);
    for (int number = 12; number > 8; --number) {
      // What the first page ended with is gone for the second one.
      if (pages > 0 && number == 11) continue;
      const bool more = page.add(sortable(number), [&] { return std::to_string(number); });
      if (!more) break;
    }
    const json::object output = std::move(page).finish();
    for (const json::value& name : output.at("Names").as_array()) seen += json::to_std(name) + ' ';
    if (!output.contains("NextMarker")) break;
    input["Marker"] = output.at("NextMarker");
  }
  EXPECT_EQ(seen, "12 11 10 9 ");
}

TEST(PageCut, MayNameWhatComesNext) {
  const std::vector<int> all = {1, 2, 3, 4, 5};
  const auto page = [](std::vector<int> from, std::optional<int> token) {
    PageCut<int> cut(token, 2, TokenNames::kNextToGive);
    std::vector<int> taken;
    for (const int each : from) {
      if (!cut.offer(each, [&] { taken.push_back(each); })) break;
    }
    return std::tuple(taken, cut.more(), cut.edge());
  };
  EXPECT_EQ(page(all, std::nullopt), std::tuple(std::vector{1, 2}, true, 3));
  EXPECT_EQ(page(all, 3), std::tuple(std::vector{3, 4}, true, 5));
  EXPECT_EQ(page({1, 2, 4, 5}, 3), std::tuple(std::vector{4, 5}, false, 0));
}

}  // namespace
}  // namespace tandem::service
