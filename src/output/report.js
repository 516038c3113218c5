// SPDX-License-Identifier: GPL-2.0-or-later
// Zooms into clusters, and searches findings. The page is whole without it. Nothing here
// makes HTML out of text: what is shown goes through textContent and attributes of SVG.

const PITCH = 10, ZOOM = 32;
const KINDS = {
	f: ["kf", "free"],
	o: ["ko", "in use, not cached"],
	s: ["ks", "shadow"],
	c: ["kc", "cached"],
	L: ["kl", "cached, large folio"],
	l: ["kl", "cached, large folio"],
	b: ["kb", "bad"],
	u: ["ku", "not seen"],
};

function svg(name, attributes) {
	const element = document.createElementNS("http://www.w3.org/2000/svg", name);
	for (const [key, value] of Object.entries(attributes))
		element.setAttribute(key, value);
	return element;
}

// "f512*7,o3c509,": how many clusters each text stands for, so that any can be found fast.
function readClusters(text) {
	const parts = [];
	let first = 0;
	for (const part of text.split(",")) {
		if (!part)
			continue;
		const [runs, times] = part.split("*");
		parts.push({first, runs});
		first += Number(times ?? 1);
	}
	return {parts, count: first};
}

function runsOf(clusters, number) {
	if (number >= clusters.count)
		return "";
	let low = 0, high = clusters.parts.length;
	while (high - low > 1) {
		const middle = (low + high) >> 1;
		if (clusters.parts[middle].first <= number)
			low = middle;
		else
			high = middle;
	}
	return clusters.parts[low].runs;
}

function readMarks(text) {
	return [...text.matchAll(/(\d+)-(\d+)([ewEW])(\d+)/g)].map((match) => ({
		first: Number(match[1]), last: Number(match[2]), error: match[3].toLowerCase() === "e",
		shown: match[3] === match[3].toLowerCase(), finding: match[4],
	}));
}

class Device {
	constructor(element) {
		const data = element.dataset;
		this.slots = Number(data.slots);
		this.cluster = Number(data.cluster);
		this.cell = Number(data.cell);
		this.columns = Number(data.columns);
		this.clusters = readClusters(data.runs);
		this.marks = readMarks(data.marks);
		this.map = element.querySelector(".map");
		this.picture = element.querySelector(".slots");
		this.caption = element.querySelector("figcaption");
		this.chosen = svg("rect", {class: "chosen", width: 9, height: 9});
		this.map.append(this.chosen);
		this.last = Math.ceil(this.slots / this.cluster) - 1;
		element.classList.add("live");
		this.steer(element.querySelector(".zoom"));
		this.map.addEventListener("click", (event) => this.clickMap(event));
		this.picture.addEventListener("pointermove", (event) => this.pick(event));
		this.picture.addEventListener("click", (event) => this.open(event));
		this.show(Number(data.shown));
	}

	// Buttons and a field, so that no mouse is needed.
	steer(figure) {
		const bar = document.createElement("div"), field = document.createElement("input");
		const label = document.createElement("label");
		const button = (text, title, act) => {
			const made = document.createElement("button");
			made.type = "button";
			made.textContent = text;
			made.title = title;
			made.addEventListener("click", act);
			return made;
		};
		bar.className = "steer";
		field.type = "number";
		field.min = 0;
		field.max = this.slots - 1;
		field.addEventListener("change", () => this.show(Math.floor(Number(field.value) / this.cluster)));
		label.append("slot ", field);
		bar.append(button("\u25c0", "cluster before", () => this.show(this.number - 1)),
			button("\u25b6", "next cluster", () => this.show(this.number + 1)), label);
		if (this.marks.length)
			bar.append(button("next finding", "next cluster with a finding", () => this.nextFinding()));
		this.field = field;
		figure.prepend(bar);
	}

	nextFinding() {
		const after = (this.number + 1) * this.cluster;
		const next = this.marks.find((mark) => mark.first >= after) ?? this.marks[0];
		this.show(Math.floor(next.first / this.cluster));
	}

	// Where in a picture of so many columns the pointer is.
	place(picture, event, columns) {
		const box = picture.getBoundingClientRect();
		const scale = picture.viewBox.baseVal.width / box.width / PITCH;
		const column = Math.floor((event.clientX - box.left) * scale);
		return Math.min(Math.max(column, 0), columns - 1) +
			columns * Math.max(Math.floor((event.clientY - box.top) * scale), 0);
	}

	clickMap(event) {
		event.preventDefault();
		const cell = this.place(this.map, event, this.columns);
		const slot = cell * this.cell;
		const mark = this.marks.find((one) => one.last >= slot && one.first < slot + this.cell);
		if (slot < this.slots)
			this.show(Math.floor(Math.max(slot, mark ? mark.first : slot) / this.cluster));
	}

	show(number) {
		if (!(number >= 0))
			return;
		this.number = Math.min(number, this.last);
		this.first = this.number * this.cluster;
		this.end = Math.min(this.first + this.cluster, this.slots);
		this.field.value = this.first;
		this.read(runsOf(this.clusters, this.number));
		this.draw();
		const cell = Math.floor(this.first / this.cell);
		this.chosen.setAttribute("x", cell % this.columns * PITCH);
		this.chosen.setAttribute("y", Math.floor(cell / this.columns) * PITCH);
		this.say(`cluster ${this.number}: slots ${this.first}-${this.end - 1}${this.sums}`);
	}

	// Kinds of the slots at hand, one letter each; of sums, in their order.
	read(text) {
		this.kinds = "";
		for (const [, letter, count] of text.matchAll(/([a-zA-Z])(\d*)/g))
			this.kinds += letter.repeat(Number(count || 1));
		this.kinds = this.kinds.padEnd(this.end - this.first, "u");
		this.sums = text.startsWith("?") ? "; how many are what, not which, to keep this file small" : "";
	}

	marksAt(first, end) {
		return this.marks.filter((mark) => mark.first < end && mark.last >= first);
	}

	draw() {
		const paths = {};
		const box = (kind, i, inset, wide) => {
			const x = i % ZOOM * PITCH, y = Math.floor(i / ZOOM) * PITCH, side = 9 - 2 * inset;
			paths[kind] = (paths[kind] ?? "") + (wide ? `M${x - 1} ${y}h10v9h-10z` :
				`M${x + inset} ${y + inset}h${side}v${side}h-${side}z`);
		};
		for (let i = 0; i < this.end - this.first; i++)
			box(KINDS[this.kinds[i]][0], i, 0, this.kinds[i] === "l" && i % ZOOM);
		for (const error of [false, true])
			for (const mark of this.marksAt(this.first, this.end))
				for (let i = Math.max(mark.first, this.first);
				     mark.error === error && i <= mark.last && i < this.end; i++)
					box(error ? "ke" : "kw", i - this.first, 1);
		this.picture.replaceChildren(...Object.entries(paths).map(([kind, d]) => svg("path", {class: kind, d})));
		this.picked = svg("rect", {class: "picked", width: 9, height: 9, x: -20});
		this.picture.append(this.picked);
	}

	pick(event) {
		const i = this.place(this.picture, event, ZOOM), slot = this.first + i;
		if (slot >= this.end)
			return;
		this.picked.setAttribute("x", i % ZOOM * PITCH);
		this.picked.setAttribute("y", Math.floor(i / ZOOM) * PITCH);
		const marks = this.marksAt(slot, slot + 1).map((mark) => `finding ${mark.finding}`);
		this.say(`slot ${slot}: ` + (this.sums ? "cluster known as sums alone" :
			[KINDS[this.kinds[i]][1], ...marks.slice(0, 4)].join(", ")));
	}

	open(event) {
		const slot = this.first + this.place(this.picture, event, ZOOM);
		this.pick(event);
		const mark = this.marksAt(slot, slot + 1).find((one) => one.shown);
		if (mark)
			location.hash = `f${mark.finding}`;
	}

	say(text) {
		this.caption.textContent = text;
	}
}

function search(section) {
	const bar = section.querySelector(".search");
	if (!bar)
		return;
	const rows = [...section.querySelectorAll(".findings tbody tr")];
	const texts = rows.map((row) => row.textContent.toLowerCase());
	const input = bar.querySelector("input"), output = bar.querySelector("output");
	bar.hidden = false;
	input.addEventListener("input", () => {
		const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
		let left = 0;
		rows.forEach((row, i) => {
			row.hidden = !words.every((word) => texts[i].includes(word));
			left += !row.hidden;
		});
		output.textContent = words.length ? `${left} of ${rows.length}` : "";
	});
}

// The device of a finding leads to its slots in the picture.
function lead(devices) {
	document.querySelectorAll(".place a").forEach((link) => link.addEventListener("click", () => {
		const device = devices.get(link.hash.slice(2));
		device?.show(Math.floor(Number(link.dataset.slot) / device.cluster));
	}));
}

lead(new Map([...document.querySelectorAll(".device")].map((element) =>
	[element.dataset.type, new Device(element)])));
search(document.querySelector("#findings"));
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
